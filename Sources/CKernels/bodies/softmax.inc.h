/// Rows and columns of softmax, and the rows of attention.

/// y = exp(x − largest).
CK_INLINE void CK_VARIANT(exp_row)(float *y, const float *x, float largest, int64_t n) {
  CK_SIMD for (int64_t i = 0; i < n; i++) { y[i] = CK_VARIANT(exp)(x[i] - largest); }
}

CK_INLINE void CK_VARIANT(scale_row)(float *y, float factor, int64_t n) {
  CK_SIMD for (int64_t i = 0; i < n; i++) { y[i] = y[i] * factor; }
}

static void CK_VARIANT(softmax_row)(float *y, const float *x, int64_t n) {
  CK_VARIANT(exp_row)(y, x, CK_VARIANT(largest)(x, n), n);
  CK_VARIANT(scale_row)(y, (float)(1.0 / CK_VARIANT(sum)(y, n)), n);
}

static void CK_VARIANT(softmax_gradient_row)(float *dx, const float *dy, const float *y, int64_t n) {
  float mean = (float)CK_VARIANT(sum_of_products)(dy, y, n);
  CK_SIMD for (int64_t i = 0; i < n; i++) { dx[i] = y[i] * (dy[i] - mean); }
}

static float CK_VARIANT(log_softmax_row)(float *y, const float *x, int64_t n) {
  float largest = CK_VARIANT(largest)(x, n), buffer[CK_VARIANT(block)];
  double sum = 0.0;
  for (int64_t begin = 0; begin < n; begin += CK_VARIANT(block)) {
    int64_t count = begin + CK_VARIANT(block) < n ? CK_VARIANT(block) : n - begin;
    CK_VARIANT(exp_row)(buffer, x + begin, largest, count);
    sum += CK_VARIANT(sum)(buffer, count);
  }
  float logarithm = (float)log(sum);
  if (y) {
    CK_SIMD for (int64_t i = 0; i < n; i++) { y[i] = x[i] - largest - logarithm; }
  }
  return largest + logarithm;
}

static void CK_VARIANT(log_softmax_gradient_row)(float *dx, const float *dy, const float *y, int64_t n) {
  float total = (float)CK_VARIANT(sum)(dy, n);
  CK_SIMD for (int64_t i = 0; i < n; i++) { dx[i] = dy[i] - CK_VARIANT(exp)(y[i]) * total; }
}

static void CK_VARIANT(softmax_columns)(float *y, const float *x, int64_t n, int64_t stride, int64_t columns,
                                        bool logarithm) {
  float largest[CK_SOFTMAX_COLUMNS], sum[CK_SOFTMAX_COLUMNS];
  for (int64_t j = 0; j < columns; j++) {
    largest[j] = -__builtin_inff();
    sum[j] = 0.0f;
  }
  for (int64_t i = 0; i < n; i++)
    CK_VARIANT(reduce_row_f32)(CK_REDUCE_MAX, largest, x + i * stride, columns);
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < columns; j++)
      sum[j] += CK_VARIANT(exp)(x[i * stride + j] - largest[j]);
  }
  for (int64_t j = 0; j < columns; j++)
    sum[j] = logarithm ? logf(sum[j]) : 1.0f / sum[j];
  for (int64_t i = 0; i < n; i++) {
    float *to = y + i * stride;
    const float *from = x + i * stride;
    if (logarithm) {
      for (int64_t j = 0; j < columns; j++)
        to[j] = from[j] - largest[j] - sum[j];
    } else {
      for (int64_t j = 0; j < columns; j++)
        to[j] = CK_VARIANT(exp)(from[j] - largest[j]) * sum[j];
    }
  }
}

static void CK_VARIANT(softmax_gradient_columns)(float *dx, const float *dy, const float *y, int64_t n, int64_t stride,
                                                 int64_t columns, bool logarithm) {
  float total[CK_SOFTMAX_COLUMNS];
  for (int64_t j = 0; j < columns; j++)
    total[j] = 0.0f;
  for (int64_t i = 0; i < n; i++) {
    const float *d = dy + i * stride, *v = y + i * stride;
    for (int64_t j = 0; j < columns; j++)
      total[j] += logarithm ? d[j] : d[j] * v[j];
  }
  for (int64_t i = 0; i < n; i++) {
    float *to = dx + i * stride;
    const float *d = dy + i * stride, *v = y + i * stride;
    if (logarithm) {
      for (int64_t j = 0; j < columns; j++)
        to[j] = d[j] - CK_VARIANT(exp)(v[j]) * total[j];
    } else {
      for (int64_t j = 0; j < columns; j++)
        to[j] = v[j] * (d[j] - total[j]);
    }
  }
}

/// The larger element of two; NaN where there is one.
#define CK_LARGER(a, b) ((b) > (a) || (b) != (b) ? (b) : (a))

/// x = scale · x + mask in the first n elements and −∞ in those that follow; returns the largest.
CK_INLINE float CK_VARIANT(attention_scores)(float *x, const float *mask, float scale, int64_t n, int64_t columns) {
  float peak[16];
  for (int j = 0; j < 16; j++)
    peak[j] = -__builtin_inff();
  for (int64_t i = 0; i < columns; i += 16) {
    int64_t left = n - i;
    float added[16];
    if (mask && left > 0)
      __builtin_memcpy(added, mask + i, (size_t)(left < 16 ? left : 16) * sizeof *mask);
    for (int j = 0; j < 16; j++) {
      float score = x[i + j] * scale;
      if (mask)
        score += added[j];
      score = j < left ? score : -__builtin_inff();
      x[i + j] = score;
      peak[j] = CK_LARGER(peak[j], score);
    }
  }
  for (int width = 8; width > 0; width /= 2) {
    for (int j = 0; j < width; j++)
      peak[j] = CK_LARGER(peak[j], peak[j + width]);
  }
  return peak[0];
}

#undef CK_LARGER

/// x = exp(x − largest) for a multiple of 16 elements; returns their sum.
CK_INLINE double CK_VARIANT(attention_exponentials)(float *x, float largest, int64_t n) {
  double sum = 0.0;
  for (int64_t begin = 0; begin < n; begin += CK_VARIANT(block)) {
    int64_t end = begin + CK_VARIANT(block) < n ? begin + CK_VARIANT(block) : n;
    CK_VARIANT(lanes) low = {0}, high = {0};
    for (int64_t i = begin; i < end; i += 16) {
      CK_SIMD for (int64_t j = i; j < i + 16; j++) { x[j] = CK_VARIANT(exp)(x[j] - largest); }
      low += *(const CK_VARIANT(lanes) *)(x + i);
      high += *(const CK_VARIANT(lanes) *)(x + i + 8);
    }
    sum += (double)CK_VARIANT(lane_sum)(&low, &high);
  }
  return sum;
}

static void CK_VARIANT(attention_row)(float *x, float *log_sum_exp, const float *mask, float scale, bool guarded,
                                      int64_t n, int64_t columns) {
  float largest = CK_VARIANT(attention_scores)(x, mask, scale, n, columns);
  double sum = n > 0 ? CK_VARIANT(attention_exponentials)(x, largest, columns) : 0.0;
  if (log_sum_exp)
    *log_sum_exp = (float)((double)largest + log(sum));
  if (n == 0 || (guarded && sum != sum))
    __builtin_memset(x, 0, (size_t)columns * sizeof *x);
  else
    CK_VARIANT(scale_row)(x, (float)(1.0 / sum), columns);
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
