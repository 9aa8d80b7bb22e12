/// Stretches of one channel in batch normalisation.

enum { CK_VARIANT(piece) = 1024 };

/// The body runs once for every contiguous piece of stretch `s`: `n` elements from `at` on.
#define CK_PIECES(...)                                                                                                 \
  for (int64_t position = s->begin, n; position < s->end; position += n) {                                             \
    int64_t inside = position % s->plane, at = position / s->plane * s->stride + inside;                               \
    n = ck_min_i64(ck_min_i64(s->plane - inside, s->end - position), CK_VARIANT(piece));                               \
    __VA_ARGS__                                                                                                        \
  }

static void CK_VARIANT(batch_normalization_moments)(double *mean, double *squares, const float *x,
                                                    const ck_stretch *s) {
  double count = (double)(s->end - s->begin), total = 0.0, deviations = 0.0;
  CK_PIECES(const float *run = x + at; CK_SUM(total, AT(run)))
  *mean = total / count;
  float centre = (float)*mean;
  CK_PIECES(const float *run = x + at; CK_SUM(deviations, (AT(run) - centre) * (AT(run) - centre)))
  double shift = *mean - (double)centre, about_mean = deviations - count * shift * shift;
  *squares = about_mean < 0.0 ? 0.0 : about_mean;
}

static void CK_VARIANT(batch_normalization_products)(double *sum, double *products, const float *dy, const float *x,
                                                     float mean, const ck_stretch *s) {
  double total = 0.0, centred = 0.0;
  CK_PIECES(const float *d = dy + at; const float *run = x + at;
            CK_SUM(total, AT(d)) CK_SUM(centred, AT(d) * (AT(run) - mean)))
  *sum = total;
  *products = centred;
}

static void CK_VARIANT(batch_normalization_apply)(float *y, const float *x, float mean, float factor, float bias,
                                                  const ck_stretch *s) {
  CK_PIECES(float *out = y + at; const float *run = x + at;
            CK_SIMD for (int64_t i = 0; i < n; i++) { out[i] = (run[i] - mean) * factor + bias; })
}

static void CK_VARIANT(batch_normalization_gradient)(float *dx, const float *dy, const float *x, float mean,
                                                     float factor, float first, float second, const ck_stretch *s) {
  CK_PIECES(float *out = dx + at; const float *d = dy + at; const float *run = x + at;
            CK_SIMD for (int64_t i = 0; i < n; i++) { out[i] = factor * (d[i] - first - (run[i] - mean) * second); })
}

static void CK_VARIANT(batch_normalization_scale)(float *dx, const float *dy, float factor, const ck_stretch *s) {
  CK_PIECES(float *out = dx + at; const float *d = dy + at;
            CK_SIMD for (int64_t i = 0; i < n; i++) { out[i] = factor * d[i]; })
}
