/// Rows and columns of softmax.

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

static float CK_VARIANT(softplus_sum)(const float *x, int64_t n) {
  float buffer[CK_VARIANT(block)];
  double sum = 0.0;
  for (int64_t begin = 0; begin < n; begin += CK_VARIANT(block)) {
    int64_t count = begin + CK_VARIANT(block) < n ? CK_VARIANT(block) : n - begin;
    CK_SIMD for (int64_t i = 0; i < count; i++) { buffer[i] = CK_VARIANT(softplus)(x[begin + i]); }
    sum += CK_VARIANT(sum)(buffer, count);
  }
  return (float)sum;
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
