#include "coefficients.h"

#pragma STDC FP_CONTRACT OFF

static inline uint16_t round16(double v) {
  int32_t i = (int32_t)(v >= 0.0 ? v + 0.5 : v - 0.5);
  return (uint16_t)(i < 0 ? 0 : i > 65535 ? 65535 : i);
}

/// Σ weight · pixel over `count` pixels that lie `stride` apart.
static uint16_t weighted(const uint16_t *in, const double *k, int32_t count, size_t stride) {
  double sum = 0.0;
  for (int32_t i = 0; i < count; i++)
    sum += in[(size_t)i * stride] * k[i];
  return round16(sum);
}

static void horizontal_pass(uint16_t *out, const uint16_t *in, const ci_passes *p, int32_t first, int32_t rows,
                            size_t stride, const ci_resize *r) {
  for (int32_t i = 0; i < rows; i++, in += stride)
    for (int32_t x = 0; x < r->window_width; x++)
      *out++ = p->x.weights ? weighted(in + (p->x.starts[x] - first), p->x.weights + (size_t)x * (size_t)p->x.taps,
                                       p->x.counts[x], 1)
                            : in[r->x + x - first];
}

static void vertical_pass(uint16_t *out, const uint16_t *in, const ci_passes *p, int32_t first, size_t count,
                          size_t stride, const ci_resize *r) {
  for (int32_t i = 0; i < r->window_height; i++)
    for (size_t x = 0; x < count; x++)
      *out++ = weighted(in + (size_t)(p->y.starts[i] - first) * stride + x,
                        p->y.weights + (size_t)i * (size_t)p->y.taps, p->y.counts[i], stride);
}

ci_status ci_resample_u16(uint16_t *out, const uint16_t *in, ci_filter filter, const ci_resize *r) {
  ci_passes p;
  ci_status status = ci_passes_create(&p, filter, r);
  if (status != CI_OK)
    return status;
  size_t stride = (size_t)r->width;
  if (!p.y.weights) {
    horizontal_pass(out, in + (size_t)r->y * stride, &p, 0, r->window_height, stride, r);
  } else {
    size_t row = (size_t)(p.vertical_first ? p.columns : r->window_width);
    uint16_t *middle = malloc((size_t)(p.vertical_first ? r->window_height : p.rows) * row * sizeof *middle);
    if (!middle) {
      status = CI_OUT_OF_MEMORY;
    } else if (p.vertical_first) {
      vertical_pass(middle, in + p.first_column, &p, 0, row, stride, r);
      horizontal_pass(out, middle, &p, p.first_column, r->window_height, row, r);
    } else {
      horizontal_pass(middle, in + (size_t)p.first_row * stride, &p, 0, p.rows, stride, r);
      vertical_pass(out, middle, &p, p.first_row, row, row, r);
    }
    free(middle);
  }
  ci_passes_free(&p);
  return status;
}
