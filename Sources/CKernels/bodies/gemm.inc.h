/// Tiles of a matrix product in registers. Every element is one chain of fused multiply-adds over k, so that results do
/// not depend on how a product is cut.
///
/// The including file defines CK_LANES, the floats in a vector, and CK_TILE_VECTORS, the accumulators of the largest
/// tile.

typedef float CK_VARIANT(vector) __attribute__((ext_vector_type(CK_LANES), aligned(4)));

enum { CK_VARIANT(panel_vectors) = CK_GEMM_PANEL / CK_LANES };

#ifdef CK_HAS_FMA
#define CK_MULTIPLY_ADD(sum, a, b) sum = __builtin_elementwise_fma(a, b, sum)
#else
#define CK_MULTIPLY_ADD(sum, a, b)                                                                                     \
  for (int lane = 0; lane < CK_LANES; lane++)                                                                          \
  sum[lane] = CK_FMA(a[lane], b[lane], sum[lane])
#endif

/// c [rows, panels · 16] = from (laid out as c is; zeros where null) + a [rows, k] · b + bias (of the columns; none
/// where null): a's element (i, p) lies at i · a_row + p · a_step, b's 16 neighbours of row p and panel q at q ·
/// b_panel + p · b_step.
CK_INLINE void CK_VARIANT(gemm_tile)(int rows, int panels, float *c, int64_t ldc, const ck_gemm_strips *s,
                                     const float *a, const float *b, const float *from) {
  const int vectors = panels * CK_VARIANT(panel_vectors);
  CK_VARIANT(vector) sums[CK_TILE_VECTORS];
#pragma unroll
  for (int i = 0; i < rows; i++) {
#pragma unroll
    for (int v = 0; v < vectors; v++)
      sums[i * vectors + v] =
          from ? *(const CK_VARIANT(vector) *)(from + i * ldc + v * CK_LANES) : (CK_VARIANT(vector))0.0f;
  }
#pragma unroll
  for (int i = 0; i < rows; i++) {
#pragma unroll
    for (int q = 0; q < panels; q++)
      __builtin_prefetch(c + i * ldc + q * CK_GEMM_PANEL, 1);
  }
  const char *next = s->next;
  for (int64_t p = 0; p < s->k; p++) {
    CK_VARIANT(vector) row[4];
#pragma unroll
    for (int v = 0; v < vectors; v++) {
      int panel = v / CK_VARIANT(panel_vectors), within = v % CK_VARIANT(panel_vectors) * CK_LANES;
      row[v] = *(const CK_VARIANT(vector) *)(b + panel * s->b_panel + within);
    }
#pragma unroll
    for (int q = 0; q < panels; q++)
      __builtin_prefetch(next + q * s->b_panel * (int64_t)sizeof(float));
    next += s->next_step;
#pragma unroll
    for (int i = 0; i < rows; i++) {
      CK_VARIANT(vector) factor = a[i * s->a_row];
#pragma unroll
      for (int v = 0; v < vectors; v++)
        CK_MULTIPLY_ADD(sums[i * vectors + v], factor, row[v]);
    }
    a += s->a_step;
    b += s->b_step;
  }
  if (s->bias) {
#pragma unroll
    for (int v = 0; v < vectors; v++) {
      CK_VARIANT(vector) bias = *(const CK_VARIANT(vector) *)(s->bias + v * CK_LANES);
#pragma unroll
      for (int i = 0; i < rows; i++)
        sums[i * vectors + v] += bias;
    }
  }
#pragma unroll
  for (int i = 0; i < rows; i++) {
#pragma unroll
    for (int v = 0; v < vectors; v++)
      *(CK_VARIANT(vector) *)(c + i * ldc + v * CK_LANES) = sums[i * vectors + v];
  }
}

#define CK_GEMM_TILE(rows, panels)                                                                                     \
  static void CK_VARIANT(gemm_tile_##rows##_##panels)(float *c, int64_t ldc, const ck_gemm_strips *s, const float *a,  \
                                                      const float *b, const float *from) {                             \
    CK_VARIANT(gemm_tile)(rows, panels, c, ldc, s, a, b, from);                                                        \
  }
#define CK_GEMM_TILES_OF(panels, X) X(1, panels) X(2, panels) X(3, panels) X(4, panels) X(5, panels) X(6, panels)

#if CK_TILE_VECTORS >= 24
#define CK_GEMM_TILES(X)                                                                                               \
  CK_GEMM_TILES_OF(1, X)                                                                                               \
  X(7, 1)                                                                                                              \
  X(8, 1)                                                                                                              \
  X(9, 1)                                                                                                              \
  X(10, 1)                                                                                                             \
  X(11, 1) X(12, 1) CK_GEMM_TILES_OF(2, X) X(7, 2) X(8, 2) X(9, 2) X(10, 2) X(11, 2) X(12, 2) CK_GEMM_TILES_OF(4, X)
#else
#define CK_GEMM_TILES(X) CK_GEMM_TILES_OF(1, X) X(1, 2) X(2, 2) X(3, 2)
#endif

CK_GEMM_TILES(CK_GEMM_TILE)

#define CK_GEMM_ENTRY(rows, panels) [panels][rows] = CK_VARIANT(gemm_tile_##rows##_##panels),
static const ck_gemm_tiles CK_VARIANT(gemm_tiles) = {.run = {CK_GEMM_TILES(CK_GEMM_ENTRY)},
                                                     .rows = {[1] = CK_TILE_VECTORS >= 24 ? 12 : 6,
                                                              [2] = CK_TILE_VECTORS >= 24 ? 12 : 3,
                                                              [4] = CK_TILE_VECTORS >= 24 ? 6 : 0}};

#undef CK_GEMM_ENTRY
#undef CK_GEMM_TILES
#undef CK_GEMM_TILES_OF
#undef CK_GEMM_TILE

#define CK_TILE_LOOP(expression)                                                                                       \
  for (int64_t i = 0; i < rows; i++) {                                                                                 \
    float *row = c + i * ldc;                                                                                          \
    CK_SIMD for (int64_t j = 0; j < columns; j++) {                                                                    \
      float v = row[j];                                                                                                \
      row[j] = (expression);                                                                                           \
    }                                                                                                                  \
  }

CK_INLINE void CK_VARIANT(end_tile)(float *c, int64_t ldc, int64_t rows, int64_t columns, float alpha,
                                    const ck_epilogue *end) {
  const float *bias = end->bias;
  if (alpha != 1.0f)
    CK_TILE_LOOP(v * alpha)
  if (bias)
    CK_TILE_LOOP(v + bias[j])
  if (end->pre_activation) {
    for (int64_t i = 0; i < rows; i++)
      __builtin_memcpy(end->pre_activation + i * ldc, c + i * ldc, (size_t)columns * sizeof *c);
  }
  switch (end->activation) {
  case CK_ACTIVATION_NONE:
    break;
  case CK_ACTIVATION_GELU:
    CK_TILE_LOOP(CK_VARIANT(gelu)(v))
    break;
  case CK_ACTIVATION_GELU_TANH:
    CK_TILE_LOOP(CK_VARIANT(gelu_tanh)(v))
    break;
  case CK_ACTIVATION_QUICK_GELU:
    CK_TILE_LOOP(CK_VARIANT(quick_gelu)(v))
    break;
  case CK_ACTIVATION_RELU:
    CK_TILE_LOOP(v < 0.0f ? 0.0f : v)
    break;
  }
  if (end->residual) {
    const float *residual = end->residual;
    CK_TILE_LOOP(v + residual[i * ldc + j])
  }
}

#undef CK_TILE_LOOP

/// t = alpha · c + bias; pre_activation = t; c = activation(t) + residual. Widths of whole panels are known when this
/// is compiled.
static void CK_VARIANT(gemm_end_tile)(float *c, int64_t ldc, int64_t rows, int64_t columns, float alpha,
                                      const ck_epilogue *end) {
  if (columns == 2 * CK_GEMM_PANEL)
    CK_VARIANT(end_tile)(c, ldc, rows, 2 * CK_GEMM_PANEL, alpha, end);
  else if (columns == CK_GEMM_PANEL)
    CK_VARIANT(end_tile)(c, ldc, rows, CK_GEMM_PANEL, alpha, end);
  else
    CK_VARIANT(end_tile)(c, ldc, rows, columns, alpha, end);
}

CK_INLINE void CK_VARIANT(transpose4)(float *to, int64_t to_row, const ck_loose_f32 *from, int64_t from_row) {
  typedef float four __attribute__((vector_size(16), aligned(4)));
  typedef float loose __attribute__((vector_size(16), aligned(1)));
  four a = *(const loose *)from, b = *(const loose *)(from + from_row), c = *(const loose *)(from + 2 * from_row),
       d = *(const loose *)(from + 3 * from_row);
  four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  four AB = __builtin_shufflevector(a, b, 2, 6, 3, 7), CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(four *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  *(four *)(to + to_row) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  *(four *)(to + 2 * to_row) = __builtin_shufflevector(AB, CD, 0, 1, 4, 5);
  *(four *)(to + 3 * to_row) = __builtin_shufflevector(AB, CD, 2, 3, 6, 7);
}

/// to [columns, rows] = from [rows, columns] transposed.
static void CK_VARIANT(transpose)(float *to, int64_t to_row, const ck_loose_f32 *from, int64_t from_row, int64_t rows,
                                  int64_t columns) {
  int64_t whole_rows = rows & ~3, whole_columns = columns & ~3;
  for (int64_t i = 0; i < whole_rows; i += 4) {
    for (int64_t j = 0; j < whole_columns; j += 4)
      CK_VARIANT(transpose4)(to + j * to_row + i, to_row, from + i * from_row + j, from_row);
    for (int64_t j = whole_columns; j < columns; j++) {
      for (int64_t q = i; q < i + 4; q++)
        __builtin_memcpy(to + j * to_row + q, from + q * from_row + j, sizeof(float));
    }
  }
  for (int64_t i = whole_rows; i < rows; i++) {
    for (int64_t j = 0; j < columns; j++)
      __builtin_memcpy(to + j * to_row + i, from + i * from_row + j, sizeof(float));
  }
}
