#include "coefficients.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

/// Keys' cubic convolution with a = −1/2.
static double bicubic(double x) {
  const double a = -0.5;
  x = fabs(x);
  if (x < 1.0)
    return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

static double bilinear(double x) {
  x = fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

static void fill(ci_axis *axis, ci_filter filter, int32_t size, int32_t first, int32_t count, double scale) {
  double widening = scale < 1.0 ? 1.0 : scale;
  double support = (filter == CI_BICUBIC ? 2.0 : 1.0) * widening, inverse = 1.0 / widening;
  for (int32_t i = 0; i < count; i++) {
    double centre = (first + i + 0.5) * scale, sum = 0.0;
    double low = centre - support + 0.5, high = centre + support + 0.5;
    int32_t start = low < 0 ? 0 : (int32_t)low, end = high > size ? size : (int32_t)high;
    double *w = axis->weights + (size_t)i * (size_t)axis->taps;
    int32_t *f = axis->fixed + (size_t)i * (size_t)axis->taps;
    if (start > end)
      start = end;
    for (int32_t x = 0; x < end - start; x++) {
      double at = (x + start - centre + 0.5) * inverse;
      w[x] = filter == CI_BICUBIC ? bicubic(at) : bilinear(at);
      sum += w[x];
    }
    for (int32_t x = 0; x < end - start; x++) {
      if (sum != 0.0)
        w[x] /= sum;
      f[x] = (int32_t)((w[x] < 0 ? -0.5 : 0.5) + w[x] * (1 << CI_PRECISION_BITS));
    }
    axis->starts[i] = start;
    axis->counts[i] = end - start;
  }
}

ci_status ci_axis_create(ci_axis *axis, ci_filter filter, int32_t size, int32_t full, int32_t first, int32_t count) {
  // Pillow keeps the box in single precision.
  double scale = (double)(float)size / full, widening = scale < 1.0 ? 1.0 : scale;
  double taps = ceil((filter == CI_BICUBIC ? 2.0 : 1.0) * widening) * 2 + 1;
  memset(axis, 0, sizeof *axis);
  if (taps * count > INT32_MAX)
    return CI_TOO_LARGE;
  axis->taps = (int32_t)taps;
  size_t weights = (size_t)axis->taps * (size_t)count;
  axis->starts = malloc((size_t)count * sizeof(int32_t));
  axis->counts = malloc((size_t)count * sizeof(int32_t));
  axis->weights = malloc(weights * sizeof(double));
  axis->fixed = malloc(weights * sizeof(int32_t));
  if (!axis->starts || !axis->counts || !axis->weights || !axis->fixed) {
    ci_axis_free(axis);
    return CI_OUT_OF_MEMORY;
  }
  fill(axis, filter, size, first, count, scale);
  return CI_OK;
}

void ci_axis_free(ci_axis *axis) {
  free(axis->starts);
  free(axis->counts);
  free(axis->weights);
  free(axis->fixed);
  memset(axis, 0, sizeof *axis);
}

/// The range of input pixels that `count` output pixels from `start` read.
static void input_range(const ci_axis *axis, int32_t start, int32_t count, int32_t *first, int32_t *length) {
  *first = start;
  *length = count;
  if (!axis->weights)
    return;
  *first = axis->starts[0];
  *length = axis->starts[count - 1] + axis->counts[count - 1] - *first;
}

ci_status ci_passes_create(ci_passes *p, ci_filter filter, const ci_resize *r) {
  ci_status status = CI_OK;
  memset(p, 0, sizeof *p);
  if (r->full_width != r->width)
    status = ci_axis_create(&p->x, filter, r->width, r->full_width, r->x, r->window_width);
  if (status == CI_OK && r->full_height != r->height)
    status = ci_axis_create(&p->y, filter, r->height, r->full_height, r->y, r->window_height);
  if (status != CI_OK) {
    ci_passes_free(p);
    return status;
  }
  // Pillow (from 13 on) begins with the pass that loses more, which shows in the rounding between the passes.
  int64_t shorter = (int64_t)r->height - r->full_height, narrower = (int64_t)r->width - r->full_width;
  p->vertical_first = shorter > 0 && shorter > 2 * narrower;
  input_range(&p->y, r->y, r->window_height, &p->first_row, &p->rows);
  input_range(&p->x, r->x, r->window_width, &p->first_column, &p->columns);
  return CI_OK;
}

void ci_passes_free(ci_passes *passes) {
  ci_axis_free(&passes->x);
  ci_axis_free(&passes->y);
}
