/// Reductions of one run. Sums use 16 lanes over blocks of 1024 elements; block sums are added in double precision.
/// Zeros that follow in a block change no sum.

typedef float CK_VARIANT(lanes) __attribute__((vector_size(32), aligned(4), may_alias));

enum { CK_VARIANT(block) = 1024 };

/// The sum of the 16 lanes in a fixed order.
CK_INLINE float CK_VARIANT(lane_sum)(const CK_VARIANT(lanes) * a, const CK_VARIANT(lanes) * b) {
  CK_VARIANT(lanes) s = *a + *b;
  return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

/// Σ of `expression` over i in [0, n), where it uses `i` as index and may be read as 8 lanes (`AT(x)`) or as one.
#define CK_SUM(total, expression)                                                                                      \
  for (int64_t begin = 0; begin < n; begin += CK_VARIANT(block)) {                                                     \
    int64_t end = begin + CK_VARIANT(block) < n ? begin + CK_VARIANT(block) : n, i = begin;                            \
    CK_VARIANT(lanes) low = {0}, high = {0};                                                                           \
    for (; i + 16 <= end; i += 8) {                                                                                    \
      CK_WIDE(low += expression)                                                                                       \
      i += 8;                                                                                                          \
      CK_WIDE(high += expression)                                                                                      \
    }                                                                                                                  \
    float rest[16] = {0};                                                                                              \
    for (int lane = 0; i < end; i++, lane++) {                                                                         \
      CK_NARROW(rest[lane] = expression)                                                                               \
    }                                                                                                                  \
    low += *(const CK_VARIANT(lanes) *)rest;                                                                           \
    high += *(const CK_VARIANT(lanes) *)(rest + 8);                                                                    \
    total += (double)CK_VARIANT(lane_sum)(&low, &high);                                                                \
  }

#define CK_WIDE(statement)                                                                                             \
  {                                                                                                                    \
    typedef CK_VARIANT(lanes) element;                                                                                 \
    statement;                                                                                                         \
  }
#define CK_NARROW(statement)                                                                                           \
  {                                                                                                                    \
    typedef float element;                                                                                             \
    statement;                                                                                                         \
  }
#define AT(x) (*(const element *)((x) + i))

CK_INLINE double CK_VARIANT(sum)(const float *x, int64_t n) {
  double total = 0.0;
  CK_SUM(total, AT(x))
  return total;
}

CK_INLINE double CK_VARIANT(sum_of_squares)(const float *x, int64_t n) {
  double total = 0.0;
  CK_SUM(total, AT(x) * AT(x))
  return total;
}

CK_INLINE double CK_VARIANT(sum_of_products)(const float *x, const float *y, int64_t n) {
  double total = 0.0;
  CK_SUM(total, AT(x) * AT(y))
  return total;
}

/// Σ (x − centre)².
CK_INLINE double CK_VARIANT(sum_of_deviations)(const float *x, float centre, int64_t n) {
  double total = 0.0;
  CK_SUM(total, (AT(x) - centre) * (AT(x) - centre))
  return total;
}

/// Folds a run in 16 lanes: `combined` puts value v into lane l.
#define CK_FOLD(initial, combined)                                                                                     \
  float lane[16];                                                                                                      \
  int64_t i = 0;                                                                                                       \
  for (int j = 0; j < 16; j++)                                                                                         \
    lane[j] = (initial);                                                                                               \
  for (; i + 16 <= n; i += 16) {                                                                                       \
    for (int j = 0; j < 16; j++) {                                                                                     \
      float l = lane[j], v = x[i + j];                                                                                 \
      lane[j] = (combined);                                                                                            \
    }                                                                                                                  \
  }                                                                                                                    \
  for (int j = 0; i < n; i++, j++) {                                                                                   \
    float l = lane[j], v = x[i];                                                                                       \
    lane[j] = (combined);                                                                                              \
  }                                                                                                                    \
  for (int width = 8; width > 0; width /= 2) {                                                                         \
    for (int j = 0; j < width; j++) {                                                                                  \
      float l = lane[j], v = lane[j + width];                                                                          \
      lane[j] = (combined);                                                                                            \
    }                                                                                                                  \
  }                                                                                                                    \
  return lane[0];

CK_INLINE float CK_VARIANT(largest)(const float *x, int64_t n){CK_FOLD(-__builtin_inff(), v > l || v != v ? v : l)}

CK_INLINE float CK_VARIANT(smallest)(const float *x, int64_t n){CK_FOLD(__builtin_inff(), v < l || v != v ? v : l)}

CK_INLINE double CK_VARIANT(product)(const float *x, int64_t n) {
  double lane[8] = {1, 1, 1, 1, 1, 1, 1, 1};
  for (int64_t i = 0; i < n; i++)
    lane[i % 8] *= (double)x[i];
  return ((lane[0] * lane[4]) * (lane[1] * lane[5])) * ((lane[2] * lane[6]) * (lane[3] * lane[7]));
}

static double CK_VARIANT(reduce_run_f32)(ck_reduce_op op, const float *x, int64_t n) {
  switch (op) {
  case CK_REDUCE_SUM:
  case CK_REDUCE_MEAN:
    return CK_VARIANT(sum)(x, n);
  case CK_REDUCE_MAX:
    return (double)CK_VARIANT(largest)(x, n);
  case CK_REDUCE_MIN:
    return (double)CK_VARIANT(smallest)(x, n);
  case CK_REDUCE_PROD:
    return CK_VARIANT(product)(x, n);
  case CK_REDUCE_L2:
  case CK_REDUCE_SUM_SQUARE:
    return CK_VARIANT(sum_of_squares)(x, n);
  }
  return 0.0;
}

#define CK_ROW_LOOP(combined)                                                                                          \
  for (int64_t i = 0; i < n; i++) {                                                                                    \
    float l = accumulator[i], v = x[i];                                                                                \
    accumulator[i] = (combined);                                                                                       \
  }                                                                                                                    \
  return;

static void CK_VARIANT(reduce_row_f32)(ck_reduce_op op, float *accumulator, const float *x, int64_t n) {
  switch (op) {
  case CK_REDUCE_SUM:
  case CK_REDUCE_MEAN:
    CK_ROW_LOOP(l + v)
  case CK_REDUCE_MAX:
    CK_ROW_LOOP(v > l || v != v ? v : l)
  case CK_REDUCE_MIN:
    CK_ROW_LOOP(v < l || v != v ? v : l)
  case CK_REDUCE_PROD:
    CK_ROW_LOOP(l * v)
  case CK_REDUCE_L2:
  case CK_REDUCE_SUM_SQUARE:
    CK_ROW_LOOP(l + v * v)
  }
}

static float CK_VARIANT(dot_f32)(const float *a, const float *b, int64_t n) {
  return (float)CK_VARIANT(sum_of_products)(a, b, n);
}
