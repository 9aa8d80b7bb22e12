#include "conv2d_internal.h"
#include <string.h>

enum { points = CK_WINOGRAD_POINTS, block = CK_WINOGRAD_FILTERS, channels_at_once = 16, lanes = 4 };

typedef double doubles __attribute__((ext_vector_type(lanes)));
typedef float floats __attribute__((ext_vector_type(lanes), aligned(4)));

int64_t ck_conv2d_winograd_elements(const ck_conv2d *s) {
  return points * ck_ceil_div(s->out_channels, block) * block * s->in_channels;
}

typedef struct packing {
  float *packed;
  const float *w;
  const ck_conv2d *s;
  bool backward;
} packing;

/// v = G d, which follows from the points in `bodies/conv2d.inc.h`.
static inline void transform(doubles v[6], const doubles d[3]) {
  const double a = 0.70710678118654752, b = 1.4142135623730951;
  doubles near = (d[0] + d[2] * 0.5) * (-1 / 1.5), near_odd = d[1] * (-a / 1.5);
  doubles far = (d[0] + d[2] * 2.0) * (1 / 6.0), far_odd = d[1] * (b / 6.0);
  v[0] = d[0];
  v[1] = near + near_odd;
  v[2] = near - near_odd;
  v[3] = far + far_odd;
  v[4] = far - far_odd;
  v[5] = d[2];
}

/// G w Gᵀ in double precision, for neighbouring filters of one channel: element (i, j) of w [9] lies at (3 · i + j) ·
/// step, that of the result at (6 · i + j) · point.
static void transform_filters(float *to, int64_t point, const float *w, int64_t step) {
  doubles d[3], columns[3][6], rows[6];
  for (int64_t x = 0; x < 3; x++) {
    for (int64_t y = 0; y < 3; y++)
      d[y] = __builtin_convertvector(*(const floats *)(w + (3 * y + x) * step), doubles);
    transform(columns[x], d);
  }
  for (int64_t i = 0; i < 6; i++) {
    for (int64_t x = 0; x < 3; x++)
      d[x] = columns[x][i];
    transform(rows, d);
    for (int64_t j = 0; j < 6; j++)
      *(floats *)(to + (6 * i + j) * point) = __builtin_convertvector(rows[j], floats);
  }
}

/// Taps [channels, 9, block] of filters [filter, filter + block) for channels [channel, channel + channels).
static void gather(float *taps, const packing *c, int64_t filter, int64_t channel, int64_t channels) {
  const ck_conv2d *s = c->s;
  int64_t filters = ck_min_i64(block, s->out_channels - filter);
  if (filters < block)
    memset(taps, 0, (size_t)(channels * 9 * block) * sizeof(float));
  if (!c->backward) {
    ck_dispatch()->transpose(taps, block, c->w + (filter * s->in_channels + channel) * 9, s->in_channels * 9, filters,
                             channels * 9);
    return;
  }
  for (int64_t i = 0; i < channels; i++)
    ck_dispatch()->transpose(taps + i * 9 * block, block, c->w + ((channel + i) * s->out_channels + filter) * 9, 9,
                             filters, 9);
}

static void pack_filters(void *context, int64_t task, int slot) {
  (void)slot;
  const packing *c = context;
  int64_t channels = c->s->in_channels, parts = ck_ceil_div(channels, channels_at_once), filter = task / parts * block;
  int64_t channel = task % parts * channels_at_once, count = ck_min_i64(channels_at_once, channels - channel);
  float taps[channels_at_once * 9 * block], made[points][channels_at_once * block];
  gather(taps, c, filter, channel, count);
  // Backward, kernels are turned by half a turn.
  const float *first = c->backward ? taps + 8 * block : taps;
  for (int64_t i = 0; i < count; i++) {
    for (int64_t f = 0; f < block; f += lanes)
      transform_filters(made[0] + i * block + f, channels_at_once * block, first + i * 9 * block + f,
                        c->backward ? -block : block);
  }
  float *to = c->packed + filter * channels + channel * block;
  for (int64_t p = 0; p < points; p++, to += ck_conv2d_winograd_elements(c->s) / points)
    memcpy(to, made[p], (size_t)(count * block) * sizeof(float));
}

void ck_conv2d_winograd_pack(float *packed, const float *w, const ck_conv2d *s, bool backward) {
  packing c = {packed, w, s, backward};
  int64_t tasks = ck_ceil_div(s->out_channels, block) * ck_ceil_div(s->in_channels, channels_at_once);
  ck_parallel(tasks, ck_conv2d_winograd_elements(s), pack_filters, &c);
}

ck_conv2d ck_conv2d_backward(const ck_conv2d *s) {
  ck_conv2d t = *s;
  t.in_channels = s->out_channels;
  t.in_height = s->out_height;
  t.in_width = s->out_width;
  t.out_channels = s->in_channels;
  t.out_height = s->in_height;
  t.out_width = s->in_width;
  t.pad_top = s->kernel_height - 1 - s->pad_top;
  t.pad_left = s->kernel_width - 1 - s->pad_left;
  return t;
}

int64_t ck_conv2d_winograd_once_scratch(const ck_conv2d *s, int threads) {
  return ck_conv2d_winograd_elements(s) + ck_conv2d_winograd_scratch(s, threads);
}

void ck_conv2d_winograd_once(const ck_conv2d_call *given, bool backward) {
  ck_conv2d_call c = *given;
  ck_conv2d_winograd_pack(c.scratch, c.w, c.s, backward);
  c.w = c.scratch;
  c.scratch += ck_conv2d_winograd_elements(c.s);
  ck_conv2d_winograd(&c);
}
