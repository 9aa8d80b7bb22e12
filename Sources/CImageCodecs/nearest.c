#include "internal.h"

#pragma STDC FP_CONTRACT OFF

/// Input positions of output pixels `first` ..< `first` + `count`, −1 where outside. The position is accumulated step
/// by step from the first pixel, as Pillow does, so that both round alike.
static void positions(int32_t *at, int32_t size, int32_t full, int32_t first, int32_t count) {
  double step = (double)(float)size / full, position = step * 0.5;
  for (int32_t i = 0; i < first; i++)
    position += step;
  for (int32_t i = 0; i < count; i++, position += step)
    at[i] = position < size ? (int32_t)position : -1;
}

ci_status ci_resample_nearest(uint8_t *out, const uint8_t *in, const ci_resize *r) {
  size_t width = (size_t)r->window_width, height = (size_t)r->window_height;
  int32_t *x = malloc((width + height) * sizeof *x);
  if (!x)
    return CI_OUT_OF_MEMORY;
  int32_t *y = x + width;
  positions(x, r->width, r->full_width, r->x, r->window_width);
  positions(y, r->height, r->full_height, r->y, r->window_height);
  for (size_t i = 0; i < height; i++)
    for (size_t j = 0; j < width; j++)
      out[i * width + j] = x[j] < 0 || y[i] < 0 ? 0 : in[(size_t)y[i] * (size_t)r->width + (size_t)x[j]];
  free(x);
  return CI_OK;
}

void ci_copy_window(uint8_t *out, const uint8_t *in, int32_t pixel, const ci_resize *r) {
  size_t p = (size_t)pixel, row = (size_t)r->window_width * p;
  for (int32_t i = 0; i < r->window_height; i++)
    memcpy(out + (size_t)i * row, in + ((size_t)(r->y + i) * (size_t)r->width + (size_t)r->x) * p, row);
}
