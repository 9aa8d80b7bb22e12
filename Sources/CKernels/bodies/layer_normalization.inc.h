/// Rows of layer normalisation.

static void CK_VARIANT(layer_normalization_statistics)(float *mean, float *inverse_deviation, const float *x,
                                                       int64_t width, float epsilon) {
  float centre = (float)(CK_VARIANT(sum)(x, width) / (double)width);
  double variance = CK_VARIANT(sum_of_deviations)(x, centre, width) / (double)width;
  *mean = centre;
  *inverse_deviation = (float)(1.0 / __builtin_sqrt(variance + (double)epsilon));
}

static void CK_VARIANT(layer_normalization_row)(float *y, const float *x, const float *scale, const float *bias,
                                                float mean, float inverse_deviation, int64_t width) {
  if (bias) {
    CK_SIMD for (int64_t i = 0; i < width; i++) { y[i] = (x[i] - mean) * inverse_deviation * scale[i] + bias[i]; }
  } else {
    CK_SIMD for (int64_t i = 0; i < width; i++) { y[i] = (x[i] - mean) * inverse_deviation * scale[i]; }
  }
}

/// Σ dy · scale · (x − mean).
CK_INLINE double CK_VARIANT(centred_products)(const float *dy, const float *scale, const float *x, float mean,
                                              int64_t n) {
  double total = 0.0;
  CK_SUM(total, AT(dy) * AT(scale) * (AT(x) - mean))
  return total;
}

static void CK_VARIANT(layer_normalization_gradient_row)(float *dx, float *dscale, float *dbias, const float *dy,
                                                         const float *x, const float *scale, float mean,
                                                         float inverse_deviation, int64_t width) {
  if (dscale) {
    CK_SIMD for (int64_t i = 0; i < width; i++) { dscale[i] += dy[i] * ((x[i] - mean) * inverse_deviation); }
  }
  if (dbias) {
    CK_SIMD for (int64_t i = 0; i < width; i++) { dbias[i] += dy[i]; }
  }
  if (!dx)
    return;
  float first = (float)(CK_VARIANT(sum_of_products)(dy, scale, width) / (double)width);
  double products = CK_VARIANT(centred_products)(dy, scale, x, mean, width);
  float second = (float)(products * (double)inverse_deviation / (double)width);
  CK_SIMD for (int64_t i = 0; i < width; i++) {
    float normalised = (x[i] - mean) * inverse_deviation;
    dx[i] = inverse_deviation * (dy[i] * scale[i] - first - normalised * second);
  }
}
