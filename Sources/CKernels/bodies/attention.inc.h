/// The rows of attention, forward and backward.

typedef float CK_VARIANT(scores) __attribute__((ext_vector_type(16), aligned(4), may_alias));
typedef int32_t CK_VARIANT(places) __attribute__((ext_vector_type(16)));

/// scale · x + mask in place of a row of products, −∞ from element n on; returns the largest. A score that is no number
/// may pass unseen: its weight is none either.
CK_INLINE float CK_VARIANT(attention_scores)(float *x, float scale, const float *mask, int64_t n, int64_t columns) {
  const CK_VARIANT(places) places = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  CK_VARIANT(scores) peaks = -__builtin_inff();
  for (int64_t i = 0; i < columns; i += 16) {
    CK_VARIANT(scores) v = *(const CK_VARIANT(scores) *)(x + i) * scale;
    int32_t left = n - i < 0 ? 0 : n - i > 16 ? 16 : (int32_t)(n - i);
    if (mask) {
      float added[16] = {0};
      __builtin_memcpy(added, mask + i, (size_t)left * sizeof *mask);
      v += *(const CK_VARIANT(scores) *)added;
    }
    if (left < 16)
      v = places < left ? v : -__builtin_inff();
    *(CK_VARIANT(scores) *)(x + i) = v;
    peaks = v > peaks ? v : peaks;
  }
  typedef float eight __attribute__((ext_vector_type(8)));
  typedef float four __attribute__((ext_vector_type(4)));
  typedef float two __attribute__((ext_vector_type(2)));
  eight a = peaks.lo > peaks.hi ? peaks.lo : peaks.hi;
  four b = a.lo > a.hi ? a.lo : a.hi;
  two c = b.lo > b.hi ? b.lo : b.hi;
  return c.x > c.y ? c.x : c.y;
}

/// x = exp(x − peak) for a multiple of 16 elements; returns their sum.
CK_INLINE double CK_VARIANT(attention_exponentials)(float *x, float peak, int64_t n) {
  double sum = 0.0;
  for (int64_t begin = 0; begin < n; begin += CK_VARIANT(block)) {
    int64_t end = begin + CK_VARIANT(block) < n ? begin + CK_VARIANT(block) : n;
    CK_VARIANT(scores) lanes = 0.0f;
    for (int64_t i = begin; i < end; i += 16) {
      CK_SIMD for (int64_t j = i; j < i + 16; j++) { x[j] = CK_VARIANT(exp_of_negative)(x[j] - peak); }
      lanes += *(const CK_VARIANT(scores) *)(x + i);
    }
    CK_VARIANT(lanes) low = lanes.lo, high = lanes.hi;
    sum += (double)CK_VARIANT(lane_sum)(&low, &high);
  }
  return sum;
}

static void CK_VARIANT(attention_weights)(float *x, const ck_attention_rows *s) {
  float peaks[CK_GEMM_MOST_ROWS];
  double sums[CK_GEMM_MOST_ROWS];
  for (int64_t i = 0; i < s->rows; i++)
    peaks[i] = CK_VARIANT(attention_scores)(x + i * s->columns, s->scale, s->mask ? s->mask + i * s->mask_row : NULL,
                                            s->visible + i * s->step, s->columns);
  for (int64_t i = 0; i < s->rows; i++)
    sums[i] = CK_VARIANT(attention_exponentials)(x + i * s->columns, peaks[i], s->columns);
  for (int64_t i = 0; i < s->rows; i++) {
    bool blind = s->visible + i * s->step <= 0;
    if (s->log_sum_exp)
      s->log_sum_exp[i] = blind ? -__builtin_inff() : (float)((double)peaks[i] + log(sums[i]));
    float *row = x + i * s->columns, factor = (float)(1.0 / sums[i]);
    if (blind || (s->guarded && factor != factor)) {
      __builtin_memset(row, 0, (size_t)s->columns * sizeof *row);
      continue;
    }
    for (int64_t j = 0; j < s->columns; j += 16)
      *(CK_VARIANT(scores) *)(row + j) *= factor;
  }
}

static void CK_VARIANT(attention_probabilities)(float *p, const float *s, const float *mask, float lse, int64_t n) {
  if (mask) {
    CK_SIMD for (int64_t i = 0; i < n; i++) { p[i] = CK_VARIANT(exp)(s[i] + mask[i] - lse); }
  } else {
    CK_VARIANT(exp_row)(p, s, lse, n);
  }
}

static void CK_VARIANT(attention_gradient_row)(float *ds, const float *p, const float *dp, float delta, float scale,
                                               int64_t n) {
  CK_SIMD for (int64_t i = 0; i < n; i++) { ds[i] = p[i] * (dp[i] - delta) * scale; }
}
