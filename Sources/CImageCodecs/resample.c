#include "coefficients.h"

#pragma STDC FP_CONTRACT OFF

/// Compiled twice, and chosen by what the CPU has: before ThreadSanitizer, which would watch the choice, is there.
#if defined(__x86_64__) && !__has_feature(thread_sanitizer)
#define CI_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CI_CLONES
#endif

static inline uint8_t clip8(int32_t sum) {
  int32_t v = sum >> CI_PRECISION_BITS;
  return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/// A pixel's channels, one a lane.
typedef int32_t ci_lanes __attribute__((vector_size(16)));
typedef uint8_t ci_pixel __attribute__((vector_size(4)));

static inline __attribute__((always_inline)) void horizontal(uint8_t *restrict out, const uint8_t *restrict in,
                                                             const ci_axis *axis, int32_t first, int32_t width,
                                                             const int channels) {
  for (int32_t x = 0; x < width; x++) {
    const int32_t *k = axis->fixed + (size_t)x * (size_t)axis->taps;
    const uint8_t *p = in + (size_t)(axis->starts[x] - first) * (size_t)channels;
    int32_t last = axis->counts[x] - 1;
    ci_lanes sum = {0};
    sum += 1 << (CI_PRECISION_BITS - 1);
    ci_pixel pixel = {0};
    // Lanes beyond the channels read the next pixel, and are dropped; the last pixel has none behind it.
    for (int32_t i = 0; i < last; i++, p += channels) {
      memcpy(&pixel, p, channels < 3 ? (size_t)channels : sizeof pixel);
      sum += __builtin_convertvector(pixel, ci_lanes) * k[i];
    }
    if (last >= 0) {
      memcpy(&pixel, p, (size_t)channels);
      sum += __builtin_convertvector(pixel, ci_lanes) * k[last];
    }
    for (int c = 0; c < channels; c++)
      out[(size_t)x * (size_t)channels + (size_t)c] = clip8(sum[c]);
  }
}

/// One row of `width` pixels from a row that begins with input pixel `first`.
CI_CLONES static void horizontal_row(uint8_t *out, const uint8_t *in, const ci_axis *axis, int32_t first, int32_t width,
                                     int32_t channels) {
  switch (channels) {
  case 1:
    horizontal(out, in, axis, first, width, 1);
    break;
  case 2:
    horizontal(out, in, axis, first, width, 2);
    break;
  case 3:
    horizontal(out, in, axis, first, width, 3);
    break;
  default:
    horizontal(out, in, axis, first, width, 4);
    break;
  }
}

/// One row of `count` bytes from `rows` rows that lie `stride` apart; `sums` is scratch of `count`.
CI_CLONES static void vertical_row(uint8_t *restrict out, const uint8_t *restrict in, const int32_t *restrict k,
                                   int32_t rows, size_t stride, size_t count, int32_t *restrict sums) {
  for (size_t i = 0; i < count; i++)
    sums[i] = 1 << (CI_PRECISION_BITS - 1);
  for (int32_t y = 0; y < rows; y++) {
    const uint8_t *row = in + (size_t)y * stride;
    int32_t weight = k[y];
    for (size_t i = 0; i < count; i++)
      sums[i] += row[i] * weight;
  }
  for (size_t i = 0; i < count; i++)
    out[i] = clip8(sums[i]);
}

/// `rows` rows of the window's width from rows that lie `stride` apart and begin with input pixel `first`.
static void horizontal_pass(uint8_t *out, const uint8_t *in, const ci_passes *p, int32_t first, int32_t rows,
                            size_t stride, const ci_resize *r, int32_t channels) {
  size_t row = (size_t)r->window_width * (size_t)channels;
  for (int32_t i = 0; i < rows; i++, in += stride, out += row) {
    if (p->x.weights)
      horizontal_row(out, in, &p->x, first, r->window_width, channels);
    else
      memcpy(out, in + (size_t)(r->x - first) * (size_t)channels, row);
  }
}

/// The window's rows, of `count` bytes each, from rows that lie `stride` apart and begin with input row `first`.
static void vertical_pass(uint8_t *out, const uint8_t *in, const ci_passes *p, int32_t first, size_t count,
                          size_t stride, const ci_resize *r, int32_t *sums) {
  for (int32_t i = 0; i < r->window_height; i++)
    vertical_row(out + (size_t)i * count, in + (size_t)(p->y.starts[i] - first) * stride,
                 p->y.fixed + (size_t)i * (size_t)p->y.taps, p->y.counts[i], stride, count, sums);
}

ci_status ci_resample_u8(uint8_t *out, const uint8_t *in, int32_t channels, ci_filter filter, const ci_resize *r) {
  ci_passes p;
  ci_status status = ci_passes_create(&p, filter, r);
  if (status != CI_OK)
    return status;
  size_t c = (size_t)channels, stride = (size_t)r->width * c;
  if (!p.y.weights) {
    horizontal_pass(out, in + (size_t)r->y * stride, &p, 0, r->window_height, stride, r, channels);
  } else {
    size_t row = (size_t)(p.vertical_first ? p.columns : r->window_width) * c;
    uint8_t *middle = malloc((size_t)(p.vertical_first ? r->window_height : p.rows) * row);
    int32_t *sums = malloc(row * sizeof *sums);
    if (!middle || !sums) {
      status = CI_OUT_OF_MEMORY;
    } else if (p.vertical_first) {
      vertical_pass(middle, in + (size_t)p.first_column * c, &p, 0, row, stride, r, sums);
      horizontal_pass(out, middle, &p, p.first_column, r->window_height, row, r, channels);
    } else {
      horizontal_pass(middle, in + (size_t)p.first_row * stride, &p, 0, p.rows, stride, r, channels);
      vertical_pass(out, middle, &p, p.first_row, row, row, r, sums);
    }
    free(middle);
    free(sums);
  }
  ci_passes_free(&p);
  return status;
}
