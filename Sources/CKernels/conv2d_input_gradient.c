#include "conv2d_internal.h"
#include <string.h>

/// Blocks of channels and pixels, where products are added to dx column by column.
typedef struct blocks {
  int64_t channels, channel_blocks, pixels;
} blocks;

static blocks blocks_of(const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  blocks b;
  int64_t parts = s->batch * s->groups >= 8 ? 1 : 4;
  b.channels = ck_max_i64(1, ck_min_i64(ck_ceil_div(g.channels, parts), 1024 / ck_max_i64(1, g.kernel)));
  b.channel_blocks = ck_ceil_div(g.channels, b.channels);
  b.pixels = ck_conv2d_fitting(g.pixels, b.channels * g.kernel);
  return b;
}

static int64_t slot_elements(const ck_conv2d *s) {
  if (ck_conv2d_is_pointwise(s))
    return 0;
  blocks b = blocks_of(s);
  return b.channels * ck_conv2d_group_of(s).kernel * b.pixels;
}

/// How dx is computed: where it is a convolution of dy, as that is.
typedef enum way { add_columns, merged, dense, winograd } way;

static way way_of(const ck_conv2d *s, const ck_conv2d *backward) {
  if (ck_conv2d_is_dense(s))
    return dense;
  if (ck_conv2d_winograd_pays(backward))
    return winograd;
  return ck_conv2d_is_pointwise(s) && ck_conv2d_is_merged(backward) ? merged : add_columns;
}

static int64_t scratch_elements(const ck_conv2d *s, int threads) {
  ck_conv2d backward = ck_conv2d_backward(s);
  switch (way_of(s, &backward)) {
  case add_columns:
    return threads * slot_elements(s);
  case merged:
    return ck_conv2d_merged_scratch(&backward, threads);
  case dense:
    return ck_conv2d_dense_scratch(s);
  case winograd:
    return ck_conv2d_winograd_once_scratch(&backward, threads);
  }
}

int64_t ck_conv2d_input_gradient_scratch(const ck_conv2d *sizes, int threads) {
  return scratch_elements(sizes, threads) * (int64_t)sizeof(float);
}

typedef struct input_gradient {
  float *dx;
  const float *dy, *w;
  const ck_conv2d *s;
  ck_conv2d_group g;
  blocks b;
  float *scratch;
  int64_t slot_elements;
} input_gradient;

static void run(void *context, int64_t task, int slot) {
  const input_gradient *c = context;
  const ck_conv2d *s = c->s;
  int64_t plane = task / c->b.channel_blocks, group = plane % s->groups; // plane: image · groups + group
  int64_t channel = task % c->b.channel_blocks * c->b.channels;
  int64_t channels = ck_min_i64(c->b.channels, c->g.channels - channel), taps = channels * c->g.kernel;
  bool pointwise = ck_conv2d_is_pointwise(s);
  float *columns = pointwise ? NULL : c->scratch + slot * c->slot_elements;
  float *image = c->dx + (plane * c->g.channels + channel) * s->in_height * s->in_width;
  if (!pointwise)
    memset(image, 0, (size_t)(channels * s->in_height * s->in_width) * sizeof(float));
  const float *w = c->w + group * c->g.filters * c->g.taps + channel * c->g.kernel;
  for (int64_t first = 0; first < c->g.pixels; first += c->b.pixels) {
    int64_t pixels = ck_min_i64(c->b.pixels, c->g.pixels - first);
    const float *dy = c->dy + plane * c->g.filters * c->g.pixels + first;
    ck_product_plain(pointwise ? image + first : columns, pointwise ? c->g.pixels : pixels, w, c->g.taps, true, dy,
                     c->g.pixels, false, taps, pixels, c->g.filters, 1.0f, 0.0f);
    if (!pointwise)
      ck_conv2d_add_columns(image, columns, s, 0, taps, first, first + pixels);
  }
}

void ck_conv2d_input_gradient_f32(float *dx, const float *dy, const float *w, const ck_conv2d *sizes, void *scratch) {
  ck_conv2d_group g = ck_conv2d_group_of(sizes);
  int64_t inputs = sizes->batch * sizes->in_channels * sizes->in_height * sizes->in_width;
  if (g.pixels * g.filters * g.taps == 0) {
    if (inputs > 0)
      memset(dx, 0, (size_t)inputs * sizeof(float));
    return;
  }
  ck_conv2d backward = ck_conv2d_backward(sizes);
  ck_conv2d_call call = {.y = dx, .x = dy, .w = w, .s = &backward, .scratch = scratch};
  call.g = ck_conv2d_group_of(&backward);
  input_gradient c = {dx, dy, w, sizes, g, blocks_of(sizes), scratch, slot_elements(sizes)};
  switch (way_of(sizes, &backward)) {
  case add_columns:
    ck_parallel(sizes->batch * sizes->groups * c.b.channel_blocks,
                sizes->batch * sizes->out_channels * g.pixels * g.taps / 4, run, &c);
    break;
  case merged:
    ck_conv2d_merged(&call, true);
    break;
  case dense:
    ck_conv2d_dense_input_gradient(dx, dy, w, sizes, scratch);
    break;
  case winograd:
    ck_conv2d_winograd_once(&call, true);
    break;
  }
}
