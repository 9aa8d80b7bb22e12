/// Tiles of the products of halves (Strassen's method), which read the right factor or form it as a difference on the
/// way, and add to one or two places.

enum { CK_VARIANT(halves_panels) = CK_TILE_VECTORS >= 24 ? 2 : 1 };

CK_INLINE void CK_VARIANT(halves_tile)(int rows, bool forms, const ck_halves_strips *s, const float *a) {
  const int panels = CK_VARIANT(halves_panels), vectors = panels * CK_VARIANT(panel_vectors);
  CK_VARIANT(vector) sums[CK_TILE_VECTORS];
#pragma unroll
  for (int i = 0; i < rows * vectors; i++)
    sums[i] = (CK_VARIANT(vector))0.0f;
  for (int e = 0; e < s->end_count; e++) {
    const float *c = s->ends[e].c;
#pragma unroll
    for (int i = 0; i < rows; i++) {
#pragma unroll
      for (int q = 0; q < panels; q++)
        __builtin_prefetch(c + i * s->ends[e].c_row + q * CK_GEMM_PANEL, 1);
    }
  }
  const char *next = s->next;
  const float *b = s->b, *minuend = s->minuend, *subtrahend = s->subtrahend;
  float *difference = s->difference;
  for (int64_t p = 0; p < s->k; p++) {
    CK_VARIANT(vector) factors[4];
#pragma unroll
    for (int v = 0; v < vectors; v++) {
      int panel = v / CK_VARIANT(panel_vectors), within = v % CK_VARIANT(panel_vectors) * CK_LANES;
      if (forms) {
        factors[v] = *(const CK_VARIANT(vector) *)(minuend + panel * s->minuend_panel + within) -
                     *(const CK_VARIANT(vector) *)(subtrahend + panel * s->subtrahend_panel + within);
        *(CK_VARIANT(vector) *)(difference + panel * s->b_panel + within) = factors[v];
      } else {
        factors[v] = *(const CK_VARIANT(vector) *)(b + panel * s->b_panel + within);
      }
    }
#pragma unroll
    for (int q = 0; q < panels; q++)
      __builtin_prefetch(next + q * s->next_panel * (int64_t)sizeof(float));
    next += s->next_step;
#pragma unroll
    for (int i = 0; i < rows; i++) {
      CK_VARIANT(vector) factor = a[i * s->a_row];
#pragma unroll
      for (int v = 0; v < vectors; v++)
        CK_MULTIPLY_ADD(sums[i * vectors + v], factor, factors[v]);
    }
    a++;
    if (forms) {
      minuend += CK_GEMM_PANEL;
      subtrahend += CK_GEMM_PANEL;
      difference += CK_GEMM_PANEL;
    } else {
      b += CK_GEMM_PANEL;
    }
  }
  for (int e = 0; e < s->end_count; e++) {
    const ck_halves_end end = s->ends[e];
#pragma unroll
    for (int v = 0; v < vectors; v++) {
      CK_VARIANT(vector) bias = *(const CK_VARIANT(vector) *)(end.bias + v * CK_LANES);
#pragma unroll
      for (int i = 0; i < rows; i++)
        *(CK_VARIANT(vector) *)(end.c + i * end.c_row + v * CK_LANES) =
            sums[i * vectors + v] + *(const CK_VARIANT(vector) *)(end.first + i * end.first_row + v * CK_LANES) +
            *(const CK_VARIANT(vector) *)(end.second + i * end.second_row + v * CK_LANES) + bias;
    }
  }
}

#define CK_HALVES_TILE(rows)                                                                                           \
  static void CK_VARIANT(halves_reads_##rows)(const ck_halves_strips *s, const float *a) {                             \
    CK_VARIANT(halves_tile)(rows, false, s, a);                                                                        \
  }                                                                                                                    \
  static void CK_VARIANT(halves_forms_##rows)(const ck_halves_strips *s, const float *a) {                             \
    CK_VARIANT(halves_tile)(rows, true, s, a);                                                                         \
  }
#define CK_HALVES_FEW(X) X(1) X(2) X(3) X(4) X(5) X(6)
#if CK_TILE_VECTORS >= 24
#define CK_HALVES_TILES(X) CK_HALVES_FEW(X) X(7) X(8) X(9) X(10) X(11) X(12)
#else
#define CK_HALVES_TILES(X) CK_HALVES_FEW(X)
#endif

CK_HALVES_TILES(CK_HALVES_TILE)

#define CK_HALVES_READS(rows) [rows] = CK_VARIANT(halves_reads_##rows),
#define CK_HALVES_FORMS(rows) [rows] = CK_VARIANT(halves_forms_##rows),
static const ck_halves_tiles CK_VARIANT(halves_tiles) = {.reads = {CK_HALVES_TILES(CK_HALVES_READS)},
                                                         .forms = {CK_HALVES_TILES(CK_HALVES_FORMS)},
                                                         .rows = CK_TILE_VECTORS >= 24 ? 12 : 6,
                                                         .panels = CK_VARIANT(halves_panels)};

#undef CK_HALVES_FORMS
#undef CK_HALVES_READS
#undef CK_HALVES_TILES
#undef CK_HALVES_FEW
#undef CK_HALVES_TILE
#undef CK_MULTIPLY_ADD

#define CK_HALVES_SUMS(more)                                                                                           \
  CK_SIMD for (int64_t p = 0; p < n; p++) {                                                                            \
    float first = a21[p] + a22[p], second = first - a11[p];                                                            \
    sums[p] = first;                                                                                                   \
    sums[block + p] = second;                                                                                          \
    sums[2 * block + p] = a21[p] - a11[p];                                                                             \
    sums[3 * block + p] = a12[p] - second;                                                                             \
    more                                                                                                               \
  }

static void CK_VARIANT(halves_sums)(float *sums, int64_t block, const float *a11, const float *a12, const float *a21,
                                    const float *a22, int64_t n, bool copies) {
  if (copies) {
    CK_HALVES_SUMS(sums[4 * block + p] = a11[p]; sums[5 * block + p] = a12[p]; sums[6 * block + p] = a22[p];)
  } else {
    CK_HALVES_SUMS()
  }
}

#undef CK_HALVES_SUMS
