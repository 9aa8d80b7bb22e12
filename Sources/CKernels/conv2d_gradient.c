#include "conv2d_internal.h"
#include <string.h>

/// The input's gradient goes by blocks of channels and pixels, the weight's by blocks of taps over all pixels of an
/// image.
typedef struct blocks {
  int64_t channels, channel_blocks, pixels, taps, tap_blocks;
} blocks;

static blocks blocks_of(const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  blocks b;
  int64_t parts = s->batch * s->groups >= 8 ? 1 : 4;
  b.channels = ck_max_i64(1, ck_min_i64(ck_ceil_div(g.channels, parts), 1024 / ck_max_i64(1, g.kernel)));
  b.channel_blocks = ck_ceil_div(g.channels, b.channels);
  b.pixels = ck_conv2d_fitting(g.pixels, b.channels * g.kernel);
  int64_t tap_parts = s->groups >= 8 ? 1 : 8;
  b.taps = ck_conv2d_fitting(ck_min_i64(512, ck_ceil_div(g.taps, tap_parts)), g.pixels);
  b.tap_blocks = ck_ceil_div(g.taps, b.taps);
  return b;
}

static int64_t slot_elements(const ck_conv2d *s) {
  if (ck_conv2d_is_pointwise(s))
    return 0;
  ck_conv2d_group g = ck_conv2d_group_of(s);
  blocks b = blocks_of(s);
  return ck_max_i64(b.channels * g.kernel * b.pixels, b.taps * g.pixels);
}

int64_t ck_conv2d_gradient_scratch(const ck_conv2d *s, int threads) {
  ck_conv2d transposed = ck_conv2d_backward(s);
  int64_t elements = threads * slot_elements(s);
  if (ck_conv2d_winograd_pays(&transposed))
    elements = ck_max_i64(elements, ck_conv2d_winograd_once_scratch(&transposed, threads));
  if (ck_conv2d_winograd_pays(s))
    elements = ck_max_i64(elements, ck_conv2d_winograd_gradient_scratch(s));
  return elements;
}

typedef struct backward {
  float *out;
  const float *dy, *other;
  const ck_conv2d *s;
  ck_conv2d_group g;
  blocks b;
  float *scratch;
  int64_t slot_elements;
} backward;

static void run_input(void *context, int64_t task, int slot) {
  const backward *c = context;
  const ck_conv2d *s = c->s;
  int64_t plane = task / c->b.channel_blocks, group = plane % s->groups; // plane: image · groups + group
  int64_t channel = task % c->b.channel_blocks * c->b.channels;
  int64_t channels = ck_min_i64(c->b.channels, c->g.channels - channel), taps = channels * c->g.kernel;
  bool pointwise = ck_conv2d_is_pointwise(s);
  float *columns = pointwise ? NULL : c->scratch + slot * c->slot_elements;
  float *image = c->out + (plane * c->g.channels + channel) * s->in_height * s->in_width;
  if (!pointwise)
    memset(image, 0, (size_t)(channels * s->in_height * s->in_width) * sizeof(float));
  const float *w = c->other + group * c->g.filters * c->g.taps + channel * c->g.kernel;
  for (int64_t first = 0; first < c->g.pixels; first += c->b.pixels) {
    int64_t pixels = ck_min_i64(c->b.pixels, c->g.pixels - first);
    const float *dy = c->dy + plane * c->g.filters * c->g.pixels + first;
    ck_product_plain(pointwise ? image + first : columns, pointwise ? c->g.pixels : pixels, w, c->g.taps, true, dy,
                     c->g.pixels, false, taps, pixels, c->g.filters, 1.0f, 0.0f);
    if (!pointwise)
      ck_conv2d_add_columns(image, columns, s, 0, taps, first, first + pixels);
  }
}

static void run_weight(void *context, int64_t task, int slot) {
  const backward *c = context;
  const ck_conv2d *s = c->s;
  int64_t group = task / c->b.tap_blocks, tap = task % c->b.tap_blocks * c->b.taps;
  int64_t taps = ck_min_i64(c->b.taps, c->g.taps - tap);
  for (int64_t image = 0; image < s->batch; image++) {
    int64_t plane = image * s->groups + group;
    const float *x = c->other + plane * c->g.channels * s->in_height * s->in_width, *columns = x + tap * c->g.pixels;
    if (!ck_conv2d_is_pointwise(s)) {
      float *made = c->scratch + slot * c->slot_elements;
      ck_conv2d_columns(made, c->g.pixels, x, s, tap, tap + taps, 0, c->g.pixels);
      columns = made;
    }
    ck_product_plain(c->out + group * c->g.filters * c->g.taps + tap, c->g.taps,
                     c->dy + plane * c->g.filters * c->g.pixels, c->g.pixels, false, columns, c->g.pixels, true,
                     c->g.filters, taps, c->g.pixels, 1.0f, image == 0 ? 0.0f : 1.0f);
  }
}

void ck_conv2d_input_gradient_f32(float *dx, const float *dy, const float *w, const ck_conv2d *sizes, void *scratch) {
  ck_conv2d_group g = ck_conv2d_group_of(sizes);
  backward c = {dx, dy, w, sizes, g, blocks_of(sizes), scratch, slot_elements(sizes)};
  int64_t inputs = sizes->batch * sizes->in_channels * sizes->in_height * sizes->in_width;
  if (g.pixels * g.filters * g.taps == 0) {
    if (inputs > 0)
      memset(dx, 0, (size_t)inputs * sizeof(float));
    return;
  }
  ck_conv2d transposed = ck_conv2d_backward(sizes);
  if (ck_conv2d_winograd_pays(&transposed)) {
    ck_conv2d_call call = {
        .y = dx, .x = dy, .w = w, .s = &transposed, .g = ck_conv2d_group_of(&transposed), .scratch = scratch};
    ck_conv2d_winograd_once(&call, true);
    return;
  }
  int64_t cost = sizes->batch * sizes->out_channels * g.pixels * g.taps / 4;
  ck_parallel(sizes->batch * sizes->groups * c.b.channel_blocks, cost, run_input, &c);
}

void ck_conv2d_weight_gradient_f32(float *dw, const float *dy, const float *x, const ck_conv2d *sizes, void *scratch) {
  ck_conv2d_group g = ck_conv2d_group_of(sizes);
  backward c = {dw, dy, x, sizes, g, blocks_of(sizes), scratch, slot_elements(sizes)};
  int64_t weights = sizes->out_channels * g.taps;
  if (weights * sizes->batch * g.pixels == 0) {
    if (weights > 0)
      memset(dw, 0, (size_t)weights * sizeof(float));
    return;
  }
  if (ck_conv2d_winograd_pays(sizes)) {
    ck_conv2d_winograd_gradient(dw, dy, x, sizes, scratch);
    return;
  }
  ck_parallel(sizes->groups * c.b.tap_blocks, sizes->batch * weights * g.pixels / 4, run_weight, &c);
}
