/// The ends of convolutions, and the transforms of Winograd's F(4 × 4, 3 × 3) (Lavin and Gray 2016): outputs 4 × 4 of a
/// tile from inputs 6 × 6, as a product of polynomials at the points 0, ±√½, ±√2 and ∞, which lose fewer digits than
/// the integers do. In one dimension, with a = √½ and b = √2:
///
///     v = B d:  v₀ = d₀ − 2½ d₂ + d₄,                  v₅ = d₁ − 2½ d₃ + d₅,
///               v₁,₂ = (d₄ − 2 d₂) ± (a d₃ − b d₁),    v₃,₄ = (d₄ − ½ d₂) ± (b d₃ − a d₁)
///     y = A m:  y₀ = m₀ + (m₁ + m₂) + (m₃ + m₄),       y₁ = a (m₁ − m₂) + b (m₃ − m₄),
///               y₂ = ½ (m₁ + m₂) + 2 (m₃ + m₄),        y₃ = ½a (m₁ − m₂) + 2b (m₃ − m₄) + m₅

typedef float CK_VARIANT(lanes4) __attribute__((ext_vector_type(4), aligned(4)));
typedef float CK_VARIANT(lanes8) __attribute__((ext_vector_type(8), aligned(4)));
typedef float CK_VARIANT(lanes16) __attribute__((ext_vector_type(16), aligned(4)));

#define CK_END_LANES(type, width)                                                                                      \
  for (; i + width <= n; i += width) {                                                                                 \
    type t = *(const type *)(sums + i) + bias;                                                                         \
    if (residual)                                                                                                      \
      t += *(const type *)(residual + i);                                                                              \
    if (relu)                                                                                                          \
      t = t < 0.0f ? (type)0.0f : t;                                                                                   \
    *(type *)(y + i) = t;                                                                                              \
  }

CK_INLINE void CK_VARIANT(conv2d_row_of)(float *y, const float *sums, float bias, const float *residual, bool relu,
                                         int64_t n) {
  int64_t i = 0;
  CK_END_LANES(CK_VARIANT(lanes16), 16)
  CK_END_LANES(CK_VARIANT(lanes8), 8)
  CK_END_LANES(CK_VARIANT(lanes4), 4)
  for (; i < n; i++) {
    float t = sums[i] + bias;
    if (residual)
      t += residual[i];
    y[i] = relu && t < 0.0f ? 0.0f : t;
  }
}

static void CK_VARIANT(conv2d_row)(float *y, const float *sums, float bias, const float *residual, bool relu,
                                   int64_t n) {
  if (relu && residual)
    CK_VARIANT(conv2d_row_of)(y, sums, bias, residual, true, n);
  else if (relu)
    CK_VARIANT(conv2d_row_of)(y, sums, bias, NULL, true, n);
  else
    CK_VARIANT(conv2d_row_of)(y, sums, bias, residual, false, n);
}

#define CK_LANES_AT(x) (*(CK_VARIANT(lanes16) *)(x))
#define CK_LANES_OF(x) (*(const CK_VARIANT(lanes16) *)(x))

#define CK_WINOGRAD_A 0.707106781f
#define CK_WINOGRAD_B 1.41421356f

#define CK_WINOGRAD_INPUT(v, d)                                                                                        \
  do {                                                                                                                 \
    CK_VARIANT(lanes16) even = d[4] - 2.0f * d[2], odd = CK_WINOGRAD_A * d[3] - CK_WINOGRAD_B * d[1];                  \
    CK_VARIANT(lanes16) even_far = d[4] - 0.5f * d[2], odd_far = CK_WINOGRAD_B * d[3] - CK_WINOGRAD_A * d[1];          \
    v[0] = (d[0] + d[4]) - 2.5f * d[2];                                                                                \
    v[1] = even + odd;                                                                                                 \
    v[2] = even - odd;                                                                                                 \
    v[3] = even_far + odd_far;                                                                                         \
    v[4] = even_far - odd_far;                                                                                         \
    v[5] = (d[1] + d[5]) - 2.5f * d[3];                                                                                \
  } while (0)

#define CK_WINOGRAD_OUTPUT(y, m)                                                                                       \
  do {                                                                                                                 \
    CK_VARIANT(lanes16) near = m[1] + m[2], near_odd = m[1] - m[2], far = m[3] + m[4], far_odd = m[3] - m[4];          \
    y[0] = m[0] + near + far;                                                                                          \
    y[1] = CK_WINOGRAD_A * near_odd + CK_WINOGRAD_B * far_odd;                                                         \
    y[2] = 0.5f * near + 2.0f * far;                                                                                   \
    y[3] = (0.5f * CK_WINOGRAD_A) * near_odd + (2.0f * CK_WINOGRAD_B) * far_odd + m[5];                                \
  } while (0)

#define CK_EVENS(x, y) __builtin_shufflevector(x, y, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define CK_ODDS(x, y) __builtin_shufflevector(x, y, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define CK_LOW_PAIRS(x, y) __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define CK_HIGH_PAIRS(x, y) __builtin_shufflevector(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

/// The most slots of four pixels that the tiles transformed together fill: a run leaves one free, for the two pixels
/// that its last tile sees beyond its own.
enum { CK_VARIANT(slots) = 2 * CK_WINOGRAD_TILES, CK_VARIANT(pixels) = 4 * CK_VARIANT(slots) + 32 };

/// to = `n` inputs of row y from column x on, 0 outside of the image; then 16 more zeros.
CK_INLINE __attribute__((no_builtin)) void CK_VARIANT(winograd_row)(float *to, const float *plane, const ck_conv2d *s,
                                                                    int64_t y, int64_t x, int64_t n) {
  const CK_VARIANT(lanes16) zero = 0.0f;
  int64_t first = x < 0 ? (-x < n ? -x : n) : 0, last = s->in_width - x < n ? s->in_width - x : n;
  if (y < 0 || y >= s->in_height || last < first)
    first = last = 0;
  for (int64_t i = 0; i < first; i++)
    to[i] = 0.0f;
  const float *from = plane + y * s->in_width + x;
  int64_t i = first;
  for (; i + 16 <= last; i += 16)
    CK_LANES_AT(to + i) = CK_LANES_OF(from + i);
  for (; i + 4 <= last; i += 4)
    *(CK_VARIANT(lanes4) *)(to + i) = *(const CK_VARIANT(lanes4) *)(from + i);
  if (i + 2 <= last) {
    to[i] = from[i];
    to[i + 1] = from[i + 1];
    i += 2;
  }
  if (i < last) {
    to[i] = from[i];
    i++;
  }
  for (; i < n; i += 16)
    CK_LANES_AT(to + i) = zero;
  CK_LANES_AT(to + n) = zero;
}

__attribute__((no_builtin)) // whose memcpy and memset cost more than the few elements that a run has
static void
CK_VARIANT(winograd_input)(float *v, int64_t point, int64_t panel, const float *x, const ck_conv2d *s,
                           const ck_winograd_run *runs, int64_t count) {
  float rows[6][CK_VARIANT(pixels)], made[36][CK_VARIANT(slots) + 16];
  int64_t image = s->in_channels * s->in_height * s->in_width;
  for (int64_t r = 0; r < count; r++) {
    const ck_winograd_run *run = runs + r;
    for (int64_t i = 0; i < 6; i++)
      CK_VARIANT(winograd_row)
    (rows[i] + 4 * (run->tile + r), x + run->image * image, s, run->y - s->pad_top + i, run->x - s->pad_left,
     4 * run->tiles + 2);
  }
  int64_t slots = runs[count - 1].tile + runs[count - 1].tiles + count;
  for (int64_t at = 0; at < 4 * slots; at += 16) {
    CK_VARIANT(lanes16) d[6], t[6];
    for (int i = 0; i < 6; i++)
      d[i] = CK_LANES_OF(rows[i] + at);
    CK_WINOGRAD_INPUT(t, d);
    for (int i = 0; i < 6; i++)
      CK_LANES_AT(rows[i] + at) = t[i];
  }
  for (int64_t slot = 0; slot < slots; slot += 16) {
    for (int i = 0; i < 6; i++) {
      const float *row = rows[i] + 4 * slot;
      CK_VARIANT(lanes16)
      p = CK_LANES_OF(row), q = CK_LANES_OF(row + 16), r = CK_LANES_OF(row + 32), o = CK_LANES_OF(row + 48), d[6], t[6];
      CK_VARIANT(lanes4) next = *(const CK_VARIANT(lanes4) *)(row + 64);
      CK_VARIANT(lanes16)
      even = CK_EVENS(p, q), even_end = CK_EVENS(r, o), odd = CK_ODDS(p, q), odd_end = CK_ODDS(r, o);
      d[0] = CK_EVENS(even, even_end);
      d[1] = CK_EVENS(odd, odd_end);
      d[2] = CK_ODDS(even, even_end);
      d[3] = CK_ODDS(odd, odd_end);
      CK_VARIANT(lanes16) next0 = next[0], next1 = next[1];
      d[4] = __builtin_shufflevector(d[0], next0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
      d[5] = __builtin_shufflevector(d[1], next1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
      CK_WINOGRAD_INPUT(t, d);
      for (int j = 0; j < 6; j++)
        CK_LANES_AT(made[6 * i + j] + slot) = t[j];
    }
  }
  // Free slots go; then every row of tiles to its panels.
  float dense[36][CK_WINOGRAD_TILES + 16];
  for (int64_t r = 0; r < count; r++) {
    for (int64_t tile = runs[r].tile, end = tile + runs[r].tiles; tile < end; tile += 16) {
#pragma clang loop unroll_count(6)
      for (int i = 0; i < 36; i++)
        CK_LANES_AT(dense[i] + tile) = CK_LANES_OF(made[i] + tile + r);
    }
  }
  int64_t panels = (runs[count - 1].tile + runs[count - 1].tiles + CK_GEMM_PANEL - 1) / CK_GEMM_PANEL;
  for (int i = 0; i < 36; i++, v += point) {
    for (int64_t q = 0; q < panels; q++)
      CK_LANES_AT(v + q * panel) = CK_LANES_OF(dense[i] + q * CK_GEMM_PANEL);
  }
}

static void CK_VARIANT(winograd_output)(float *rows, const float *m, int64_t point, int64_t tiles) {
  for (int64_t tile = 0; tile < tiles; tile += 16) {
    CK_VARIANT(lanes16) t[4][6];
    for (int j = 0; j < 6; j++) {
      CK_VARIANT(lanes16) d[6], y[4];
      for (int i = 0; i < 6; i++)
        d[i] = CK_LANES_OF(m + (6 * i + j) * point + tile);
      CK_WINOGRAD_OUTPUT(y, d);
      for (int i = 0; i < 4; i++)
        t[i][j] = y[i];
    }
    for (int i = 0; i < 4; i++) {
      CK_VARIANT(lanes16) y[4];
      CK_WINOGRAD_OUTPUT(y, t[i]);
      float *row = rows + i * 4 * CK_WINOGRAD_TILES + 4 * tile;
      CK_VARIANT(lanes16) even = CK_LOW_PAIRS(y[0], y[2]), even_end = CK_HIGH_PAIRS(y[0], y[2]);
      CK_VARIANT(lanes16) odd = CK_LOW_PAIRS(y[1], y[3]), odd_end = CK_HIGH_PAIRS(y[1], y[3]);
      CK_LANES_AT(row) = CK_LOW_PAIRS(even, odd);
      CK_LANES_AT(row + 16) = CK_HIGH_PAIRS(even, odd);
      CK_LANES_AT(row + 32) = CK_LOW_PAIRS(even_end, odd_end);
      CK_LANES_AT(row + 48) = CK_HIGH_PAIRS(even_end, odd_end);
    }
  }
}

/// The transposes of the transforms, for the weights' gradient; in one dimension:
///
///     u = Aᵀ d:  u₀ = d₀,  u₁,₂ = (d₀ + ½ d₂) ± a (d₁ + ½ d₃),  u₃,₄ = (d₀ + 2 d₂) ± b (d₁ + 2 d₃),  u₅ = d₃
///     w = Gᵀ m:  w₀ = m₀ − ⅔ (m₁ + m₂) + ⅙ (m₃ + m₄),          w₁ = ⅔ a (m₂ − m₁) + ⅙ b (m₃ − m₄),
///                w₂ = ⅓ (m₃ + m₄ − (m₁ + m₂)) + m₅
#define CK_WINOGRAD_OUTPUT_GRADIENT(u, d)                                                                              \
  do {                                                                                                                 \
    CK_VARIANT(lanes16) even = d[0] + 0.5f * d[2], odd = CK_WINOGRAD_A * (d[1] + 0.5f * d[3]);                         \
    CK_VARIANT(lanes16) even_far = d[0] + 2.0f * d[2], odd_far = CK_WINOGRAD_B * (d[1] + 2.0f * d[3]);                 \
    u[0] = d[0];                                                                                                       \
    u[1] = even + odd;                                                                                                 \
    u[2] = even - odd;                                                                                                 \
    u[3] = even_far + odd_far;                                                                                         \
    u[4] = even_far - odd_far;                                                                                         \
    u[5] = d[3];                                                                                                       \
  } while (0)

#define CK_WINOGRAD_WEIGHT_GRADIENT(w, m)                                                                              \
  do {                                                                                                                 \
    CK_VARIANT(lanes16) near = m[1] + m[2], near_odd = m[2] - m[1], far = m[3] + m[4], far_odd = m[3] - m[4];          \
    w[0] = m[0] - (2.0f / 3.0f) * near + (1.0f / 6.0f) * far;                                                          \
    w[1] = (CK_WINOGRAD_A * 2.0f / 3.0f) * near_odd + (CK_WINOGRAD_B / 6.0f) * far_odd;                                \
    w[2] = (1.0f / 3.0f) * (far - near) + m[5];                                                                        \
  } while (0)

static void CK_VARIANT(winograd_tile_input)(float *v, int64_t point, const float *x, int64_t row) {
  CK_VARIANT(lanes16) t[6][6];
  for (int j = 0; j < 6; j++) {
    CK_VARIANT(lanes16) d[6], column[6];
    for (int i = 0; i < 6; i++)
      d[i] = CK_LANES_OF(x + i * row + j * CK_GEMM_PANEL);
    CK_WINOGRAD_INPUT(column, d);
    for (int i = 0; i < 6; i++)
      t[i][j] = column[i];
  }
  for (int i = 0; i < 6; i++) {
    CK_VARIANT(lanes16) made[6];
    CK_WINOGRAD_INPUT(made, t[i]);
    for (int j = 0; j < 6; j++, v += point)
      CK_LANES_AT(v) = made[j];
  }
}

static void CK_VARIANT(winograd_tile_output_gradient)(float *u, int64_t point, const float *dy, int64_t row) {
  CK_VARIANT(lanes16) t[6][4];
  for (int j = 0; j < 4; j++) {
    CK_VARIANT(lanes16) d[4], column[6];
    for (int i = 0; i < 4; i++)
      d[i] = CK_LANES_OF(dy + i * row + j * CK_GEMM_PANEL);
    CK_WINOGRAD_OUTPUT_GRADIENT(column, d);
    for (int i = 0; i < 6; i++)
      t[i][j] = column[i];
  }
  for (int i = 0; i < 6; i++) {
    CK_VARIANT(lanes16) made[6];
    CK_WINOGRAD_OUTPUT_GRADIENT(made, t[i]);
    for (int j = 0; j < 6; j++, u += point)
      CK_LANES_AT(u) = made[j];
  }
}

static void CK_VARIANT(winograd_weight_gradient)(float *dw, const float *m, int64_t point) {
  CK_VARIANT(lanes16) t[3][6];
  for (int j = 0; j < 6; j++) {
    CK_VARIANT(lanes16) d[6], column[3];
    for (int i = 0; i < 6; i++)
      d[i] = CK_LANES_OF(m + (6 * i + j) * point);
    CK_WINOGRAD_WEIGHT_GRADIENT(column, d);
    for (int i = 0; i < 3; i++)
      t[i][j] = column[i];
  }
  for (int i = 0; i < 3; i++) {
    CK_VARIANT(lanes16) made[3];
    CK_WINOGRAD_WEIGHT_GRADIENT(made, t[i]);
    for (int j = 0; j < 3; j++, dw += CK_GEMM_PANEL)
      CK_LANES_AT(dw) = made[j];
  }
}

#undef CK_WINOGRAD_OUTPUT_GRADIENT
#undef CK_WINOGRAD_WEIGHT_GRADIENT
#undef CK_END_LANES
#undef CK_LANES_AT
#undef CK_LANES_OF
#undef CK_WINOGRAD_INPUT
#undef CK_WINOGRAD_OUTPUT
#undef CK_EVENS
#undef CK_ODDS
#undef CK_LOW_PAIRS
#undef CK_HIGH_PAIRS
#undef CK_WINOGRAD_A
#undef CK_WINOGRAD_B
