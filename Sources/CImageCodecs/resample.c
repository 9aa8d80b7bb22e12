#include "coefficients.h"

#pragma STDC FP_CONTRACT OFF

static inline uint8_t clip8(int32_t sum) {
  int32_t v = sum >> CI_PRECISION_BITS;
  return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static inline __attribute__((always_inline)) void horizontal(uint8_t *restrict out, const uint8_t *restrict in,
                                                             const ci_axis *axis, int32_t width, const int channels) {
  for (int32_t x = 0; x < width; x++) {
    const int32_t *k = axis->fixed + (size_t)x * (size_t)axis->taps;
    const uint8_t *p = in + (size_t)axis->starts[x] * (size_t)channels;
    int32_t sum[4];
    for (int c = 0; c < channels; c++) sum[c] = 1 << (CI_PRECISION_BITS - 1);
    for (int32_t i = 0; i < axis->counts[x]; i++)
      for (int c = 0; c < channels; c++) sum[c] += p[(size_t)i * (size_t)channels + (size_t)c] * k[i];
    for (int c = 0; c < channels; c++) out[(size_t)x * (size_t)channels + (size_t)c] = clip8(sum[c]);
  }
}

static void horizontal_row(uint8_t *out, const uint8_t *in, const ci_axis *axis, int32_t width, int32_t channels) {
  switch (channels) {
  case 1: horizontal(out, in, axis, width, 1); break;
  case 2: horizontal(out, in, axis, width, 2); break;
  case 3: horizontal(out, in, axis, width, 3); break;
  default: horizontal(out, in, axis, width, 4); break;
  }
}

/// One row of `count` bytes from `rows` rows that lie `stride` apart; `sums` is scratch of `count`.
static void vertical_row(uint8_t *restrict out, const uint8_t *restrict in, const int32_t *restrict k, int32_t rows,
                         size_t stride, size_t count, int32_t *restrict sums) {
  for (size_t i = 0; i < count; i++) sums[i] = 1 << (CI_PRECISION_BITS - 1);
  for (int32_t y = 0; y < rows; y++) {
    const uint8_t *row = in + (size_t)y * stride;
    int32_t weight = k[y];
    for (size_t i = 0; i < count; i++) sums[i] += row[i] * weight;
  }
  for (size_t i = 0; i < count; i++) out[i] = clip8(sums[i]);
}

/// The rows of the input that the window's rows read.
static void rows_read(const ci_axis *vertical, const ci_resize *r, int32_t *first, int32_t *count) {
  *first = r->y;
  *count = r->window_height;
  if (!vertical->weights) return;
  int32_t last = r->window_height - 1;
  *first = vertical->starts[0];
  *count = vertical->starts[last] + vertical->counts[last] - *first;
}

static ci_status axes(ci_axis *x, ci_axis *y, ci_filter filter, const ci_resize *r) {
  ci_status status = CI_OK;
  memset(x, 0, sizeof *x);
  memset(y, 0, sizeof *y);
  if (r->full_width != r->width) status = ci_axis_create(x, filter, r->width, r->full_width, r->x, r->window_width);
  if (status == CI_OK && r->full_height != r->height)
    status = ci_axis_create(y, filter, r->height, r->full_height, r->y, r->window_height);
  return status;
}

ci_status ci_resample_u8(uint8_t *out, const uint8_t *in, int32_t channels, ci_filter filter, const ci_resize *r) {
  ci_axis x, y;
  ci_status status = axes(&x, &y, filter, r);
  size_t c = (size_t)channels, row = (size_t)r->window_width * c, stride = (size_t)r->width * c;
  uint8_t *rows = NULL;
  int32_t *sums = NULL;
  if (status == CI_OK) {
    int32_t first, count;
    rows_read(&y, r, &first, &count);
    rows = y.weights ? malloc((size_t)count * row) : out;
    sums = malloc(row * sizeof *sums);
    if (!rows || !sums) status = CI_OUT_OF_MEMORY;
    for (int32_t i = 0; status == CI_OK && i < count; i++) {
      const uint8_t *from = in + (size_t)(first + i) * stride;
      uint8_t *to = rows + (size_t)i * row;
      if (x.weights) horizontal_row(to, from, &x, r->window_width, channels);
      else memcpy(to, from + (size_t)r->x * c, row);
    }
    for (int32_t i = 0; status == CI_OK && y.weights && i < r->window_height; i++)
      vertical_row(out + (size_t)i * row, rows + (size_t)(y.starts[i] - first) * row,
                   y.fixed + (size_t)i * (size_t)y.taps, y.counts[i], row, row, sums);
  }
  if (rows != out) free(rows);
  free(sums);
  ci_axis_free(&x);
  ci_axis_free(&y);
  return status;
}

static inline uint16_t round16(double v) {
  int32_t i = (int32_t)(v >= 0.0 ? v + 0.5 : v - 0.5);
  return (uint16_t)(i < 0 ? 0 : i > 65535 ? 65535 : i);
}

/// Σ weight · pixel over `count` pixels that lie `stride` apart.
static uint16_t weighted16(const uint16_t *in, const double *k, int32_t count, size_t stride) {
  double sum = 0.0;
  for (int32_t i = 0; i < count; i++) sum += in[(size_t)i * stride] * k[i];
  return round16(sum);
}

ci_status ci_resample_u16(uint16_t *out, const uint16_t *in, ci_filter filter, const ci_resize *r) {
  ci_axis x, y;
  ci_status status = axes(&x, &y, filter, r);
  size_t width = (size_t)r->window_width;
  uint16_t *rows = NULL;
  if (status == CI_OK) {
    int32_t first, count;
    rows_read(&y, r, &first, &count);
    rows = y.weights ? malloc((size_t)count * width * sizeof *rows) : out;
    if (!rows) status = CI_OUT_OF_MEMORY;
    for (int32_t i = 0; status == CI_OK && i < count; i++) {
      const uint16_t *from = in + (size_t)(first + i) * (size_t)r->width;
      for (size_t j = 0; j < width; j++)
        rows[(size_t)i * width + j] =
          x.weights ? weighted16(from + x.starts[j], x.weights + j * (size_t)x.taps, x.counts[j], 1)
                    : from[(size_t)r->x + j];
    }
    for (int32_t i = 0; status == CI_OK && y.weights && i < r->window_height; i++)
      for (size_t j = 0; j < width; j++)
        out[(size_t)i * width + j] = weighted16(rows + (size_t)(y.starts[i] - first) * width + j,
                                                y.weights + (size_t)i * (size_t)y.taps, y.counts[i], width);
  }
  if (rows != out) free(rows);
  ci_axis_free(&x);
  ci_axis_free(&y);
  return status;
}
