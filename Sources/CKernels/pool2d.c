#include "internal.h"
#include <math.h>
#include <string.h>

enum { block = 256 };

/// A half-open range.
typedef struct span {
  int64_t first, last;
} span;

/// The taps of window `o` that see an input.
static span taps_of(const ck_pool_axis *a, int64_t o) {
  int64_t start = o * a->stride - a->pad_begin;
  int64_t first = start >= 0 ? 0 : ck_ceil_div(-start, a->dilation);
  int64_t last = start >= a->in ? 0 : ck_ceil_div(a->in - start, a->dilation);
  return (span){first, ck_min_i64(a->kernel, last)};
}

/// The windows of [begin, end) whose tap `t` sees an input: window o sees input o · stride + *offset.
static span windows_of(const ck_pool_axis *a, int64_t t, int64_t begin, int64_t end, int64_t *offset) {
  int64_t at = t * a->dilation - a->pad_begin;
  int64_t first = at >= 0 ? 0 : ck_ceil_div(-at, a->stride);
  int64_t last = at >= a->in ? 0 : ck_ceil_div(a->in - at, a->stride);
  *offset = at;
  return (span){ck_max_i64(begin, first), ck_min_i64(end, last)};
}

/// The tap after `t`, without most of those that see no input because windows lie further apart than the image is wide.
static int64_t next_tap(const ck_pool_axis *a, int64_t t) {
  int64_t next = t + 1, rest = (next * a->dilation - a->pad_begin) % a->stride;
  if (rest < 0)
    rest += a->stride;
  return rest < a->in ? next : next + ck_ceil_div(a->stride - rest, a->dilation);
}

/// What window `o` divides by along one axis.
static int64_t counted(const ck_pool_axis *a, int64_t o, bool count_pads) {
  int64_t start = o * a->stride - a->pad_begin, end = start + a->kernel;
  if (count_pads)
    return ck_min_i64(end, a->in + a->pad_end) - start;
  return ck_min_i64(end, a->in) - ck_max_i64(start, 0);
}

/// Element operations for one row of outputs.
static int64_t cost_of_row(const ck_pool2d *s) {
  int64_t taps = ck_min_i64(s->down.kernel, s->down.in) * ck_min_i64(s->across.kernel, s->across.in);
  return ck_min_i64(s->across.out, 1 << 10) * ck_min_i64(taps, 1 << 10);
}

typedef struct pooling {
  float *out;
  int64_t *indices;
  const float *in;
  const ck_pool2d *s;
  bool count_pads;
} pooling;

/// The body runs for every tap of the windows in [begin, end) of output row `row`: windows [w.first, w.last) of the row
/// see inputs o · stride + offset of row `input` of the plane.
#define FOR_EACH_TAP(s, row, begin, end, ...)                                                                          \
  span down = taps_of(&(s)->down, row);                                                                                \
  for (int64_t ky = down.first; ky < down.last; ky++) {                                                                \
    int64_t input = (row) * (s)->down.stride - (s)->down.pad_begin + ky * (s)->down.dilation;                          \
    span from = taps_of(&(s)->across, begin), to = taps_of(&(s)->across, (end)-1);                                     \
    int64_t last = ck_max_i64(from.last, to.last);                                                                     \
    for (int64_t kx = ck_min_i64(from.first, to.first); kx < last; kx = next_tap(&(s)->across, kx)) {                  \
      int64_t offset;                                                                                                  \
      span w = windows_of(&(s)->across, kx, begin, end, &offset);                                                      \
      __VA_ARGS__                                                                                                      \
    }                                                                                                                  \
  }

/// Windows of 2 × 2 side by side that see no pads.
static bool is_halving(const ck_pool_axis *a) {
  return a->kernel == 2 && a->stride == 2 && a->dilation == 1 && a->pad_begin == 0 && 2 * a->out <= a->in;
}

static void halve_rows(void *context, int64_t begin, int64_t end) {
  const pooling *c = context;
  const ck_pool2d *s = c->s;
  for (int64_t at = begin; at < end; at++) {
    const float *x = c->in + (at / s->down.out * s->down.in + at % s->down.out * 2) * s->across.in;
    ck_dispatch()->average_pairs(c->out + at * s->across.out, x, x + s->across.in, s->across.out);
  }
}

static void average_rows(void *context, int64_t begin, int64_t end) {
  const pooling *c = context;
  const ck_pool2d *s = c->s;
  int64_t width = s->across.out, stride = s->across.stride;
  for (int64_t at = begin; at < end; at++) {
    int64_t row = at % s->down.out;
    const float *plane = c->in + at / s->down.out * s->down.in * s->across.in;
    float *y = c->out + at * width;
    for (int64_t o = 0; o < width; o++)
      y[o] = 0.0f;
    FOR_EACH_TAP(s, row, 0, width, {
      const float *x = plane + input * s->across.in + offset;
      for (int64_t o = w.first; o < w.last; o++)
        y[o] += x[o * stride];
    })
    int64_t rows = counted(&s->down, row, c->count_pads);
    for (int64_t o = 0; o < width; o++)
      y[o] /= (float)(rows * counted(&s->across, o, c->count_pads));
  }
}

void ck_average_pool2d_f32(float *y, const float *x, const ck_pool2d *sizes, bool count_pads) {
  pooling c = {y, NULL, x, sizes, count_pads};
  bool halves = is_halving(&sizes->down) && is_halving(&sizes->across);
  ck_parallel_range(sizes->planes * sizes->down.out, cost_of_row(sizes), halves ? halve_rows : average_rows, &c);
}

static void spread_plane(void *context, int64_t plane, int slot) {
  (void)slot;
  const pooling *c = context;
  const ck_pool2d *s = c->s;
  int64_t width = s->across.out, stride = s->across.stride;
  float *dx = c->out + plane * s->down.in * s->across.in;
  const float *dy = c->in + plane * s->down.out * width;
  memset(dx, 0, (size_t)(s->down.in * s->across.in) * sizeof(float));
  for (int64_t row = 0; row < s->down.out; row++) {
    int64_t rows = counted(&s->down, row, c->count_pads);
    for (int64_t begin = 0; begin < width; begin += block) {
      int64_t end = ck_min_i64(begin + block, width);
      float share[block];
      for (int64_t o = begin; o < end; o++)
        share[o - begin] = dy[row * width + o] / (float)(rows * counted(&s->across, o, c->count_pads));
      FOR_EACH_TAP(s, row, begin, end, {
        float *x = dx + input * s->across.in + offset;
        for (int64_t o = w.first; o < w.last; o++)
          x[o * stride] += share[o - begin];
      })
    }
  }
}

void ck_average_pool2d_gradient_f32(float *dx, const float *dy, const ck_pool2d *sizes, bool count_pads) {
  pooling c = {dx, NULL, dy, sizes, count_pads};
  int64_t inputs = sizes->planes * sizes->down.in * sizes->across.in;
  if (inputs > 0)
    ck_parallel(sizes->planes, inputs * 4, spread_plane, &c);
}

/// Rows [begin, end) of all planes. An index of −1 is none yet.
static void maximum_rows(void *context, int64_t begin, int64_t end) {
  const pooling *c = context;
  const ck_pool2d *s = c->s;
  int64_t width = s->across.out, stride = s->across.stride;
  for (int64_t at = begin; at < end; at++) {
    int64_t row = at % s->down.out, plane = at / s->down.out * s->down.in * s->across.in;
    float *y = c->out + at * width;
    int64_t *indices = c->indices ? c->indices + at * width : NULL;
    for (int64_t o = 0; o < width; o++)
      y[o] = -INFINITY;
    for (int64_t o = 0; indices && o < width; o++)
      indices[o] = -1;
    FOR_EACH_TAP(s, row, 0, width, {
      int64_t first = plane + input * s->across.in + offset;
      const float *x = c->in + first;
      for (int64_t o = w.first; indices && o < w.last; o++) {
        float v = x[o * stride];
        if (v > y[o] || v != v || indices[o] < 0)
          indices[o] = first + o * stride;
      }
      for (int64_t o = w.first; o < w.last; o++) {
        float v = x[o * stride];
        y[o] = v > y[o] || v != v ? v : y[o];
      }
    })
    for (int64_t o = 0; indices && o < width; o++)
      indices[o] = ck_max_i64(indices[o], 0);
  }
}

void ck_max_pool2d_f32(float *y, int64_t *indices, const float *x, const ck_pool2d *sizes) {
  pooling c = {y, indices, x, sizes, false};
  ck_parallel_range(sizes->planes * sizes->down.out, cost_of_row(sizes), maximum_rows, &c);
}
