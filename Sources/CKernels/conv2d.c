#include "conv2d_internal.h"
#include <string.h>

/// Patches: the kernel tiles the image, so that every input element belongs to one output pixel, as in a ViT's
/// embedding.
static bool is_patches(const ck_conv2d *s) {
  return !ck_conv2d_is_pointwise(s) && s->groups == 1 && s->kernel_height == s->stride_y &&
         s->kernel_width == s->stride_x && s->pad_top == 0 && s->pad_left == 0 && s->dilation_y == 1 &&
         s->dilation_x == 1 && s->out_height * s->stride_y <= s->in_height && s->out_width * s->stride_x <= s->in_width;
}

/// How the work is cut: blocks of output pixels (of all images for patches, of one otherwise) and of filters.
typedef struct blocks {
  int64_t pixels, pixel_blocks, filters, filter_blocks;
} blocks;

enum { wanted_tasks = 8, least_pixels = 128, most_pixels = 1024, least_filters = 128 };

/// Into pixels rather than filters, because every block of filters makes its columns anew.
static blocks blocks_of(const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  int64_t planes = is_patches(s) ? 1 : s->batch * s->groups;
  int64_t total = ck_max_i64(1, is_patches(s) ? s->batch * g.pixels : g.pixels);
  int64_t share = ck_max_i64(least_pixels, ck_ceil_div(total * planes, wanted_tasks));
  int64_t most = ck_conv2d_fitting(ck_min_i64(ck_min_i64(total, most_pixels), share), g.taps);
  blocks b = {.filters = ck_max_i64(1, g.filters)};
  b.pixels = ck_min_i64(most, ck_ceil_div(ck_ceil_div(total, ck_ceil_div(total, most)), 16) * 16);
  b.pixel_blocks = ck_ceil_div(total, b.pixels);
  if (b.pixel_blocks * planes < wanted_tasks)
    b.filters = ck_min_i64(b.filters, ck_max_i64(least_filters, ck_ceil_div(g.filters, 4 * 16) * 16));
  b.filter_blocks = ck_ceil_div(g.filters, b.filters);
  return b;
}

int64_t ck_conv2d_forward_slot(const ck_conv2d *s) {
  if (ck_conv2d_is_pointwise(s))
    return 0;
  blocks b = blocks_of(s);
  return b.pixels * (ck_conv2d_group_of(s).taps + (is_patches(s) ? b.filters : 0));
}

int64_t ck_conv2d_scratch(const ck_conv2d *sizes, int threads) {
  int64_t elements = ck_max_i64(ck_conv2d_forward_slot(sizes), ck_conv2d_gradient_slot(sizes));
  return threads * elements * (int64_t)sizeof(float);
}

typedef struct forward {
  float *y;
  const float *x, *w, *bias, *residual;
  const ck_conv2d *s;
  ck_activation activation;
  ck_conv2d_group g;
  blocks b;
  float *scratch;
  int64_t slot_elements;
} forward;

/// y = bias + residual, for `n` neighbouring outputs of one filter.
static void begin_run(const forward *c, int64_t at, int64_t filter, int64_t n) {
  float bias = c->bias ? c->bias[filter] : 0.0f, *y = c->y + at;
  if (c->residual) {
    const float *residual = c->residual + at;
    for (int64_t i = 0; i < n; i++)
      y[i] = bias + residual[i];
  } else {
    for (int64_t i = 0; i < n; i++)
      y[i] = bias;
  }
}

/// y = activation(y).
static void end_run(const forward *c, int64_t at, int64_t n) {
  if (c->activation != CK_ACTIVATION_NONE)
    ck_dispatch()->epilogue_row(c->y + at, NULL, c->activation, NULL, NULL, n);
}

/// patches [last − first, taps] of pixels [first, last), counted over all images.
static void gather_patches(float *patches, const forward *c, int64_t first, int64_t last) {
  const ck_conv2d *s = c->s;
  for (int64_t at = first; at < last; at++) {
    int64_t image = at / c->g.pixels, pixel = at % c->g.pixels;
    int64_t y = pixel / s->out_width * s->stride_y, x = pixel % s->out_width * s->stride_x;
    for (int64_t channel = 0; channel < c->g.channels; channel++) {
      const float *plane = c->x + (image * c->g.channels + channel) * s->in_height * s->in_width;
      for (int64_t ky = 0; ky < s->kernel_height; ky++) {
        memcpy(patches, plane + (y + ky) * s->in_width + x, (size_t)s->kernel_width * sizeof(float));
        patches += s->kernel_width;
      }
    }
  }
}

static void run_patches(void *context, int64_t task, int slot) {
  const forward *c = context;
  int64_t taps = c->g.taps, first = task / c->b.filter_blocks * c->b.pixels;
  int64_t rows = ck_min_i64(c->b.pixels, c->s->batch * c->g.pixels - first);
  int64_t filter = task % c->b.filter_blocks * c->b.filters, filters = ck_min_i64(c->b.filters, c->g.filters - filter);
  float *patches = c->scratch + slot * c->slot_elements, *product = patches + c->b.pixels * taps;
  gather_patches(patches, c, first, first + rows);
  ck_product_plain(product, filters, patches, taps, false, c->w + filter * taps, taps, true, rows, filters, taps, 1.0f,
                   0.0f);
  for (int64_t f = 0; f < filters; f++) {
    for (int64_t r = 0, n; r < rows; r += n) {
      int64_t image = (first + r) / c->g.pixels, pixel = (first + r) % c->g.pixels;
      int64_t at = (image * c->g.filters + filter + f) * c->g.pixels + pixel;
      n = ck_min_i64(rows - r, c->g.pixels - pixel);
      begin_run(c, at, filter + f, n);
      for (int64_t i = 0; i < n; i++)
        c->y[at + i] += product[(r + i) * filters + f];
      end_run(c, at, n);
    }
  }
}

static void run_columns(void *context, int64_t task, int slot) {
  const forward *c = context;
  const ck_conv2d *s = c->s;
  int64_t filter = task % c->b.filter_blocks * c->b.filters, filters = ck_min_i64(c->b.filters, c->g.filters - filter);
  int64_t first = task / c->b.filter_blocks % c->b.pixel_blocks * c->b.pixels;
  int64_t plane = task / c->b.filter_blocks / c->b.pixel_blocks; // image · groups + group
  int64_t pixels = ck_min_i64(c->b.pixels, c->g.pixels - first), group = plane % s->groups;
  const float *image = c->x + plane * c->g.channels * s->in_height * s->in_width, *columns = image + first;
  int64_t column_stride = c->g.pixels;
  if (!ck_conv2d_is_pointwise(s)) {
    float *made = c->scratch + slot * c->slot_elements;
    ck_conv2d_columns(made, image, s, 0, c->g.taps, first, first + pixels);
    columns = made;
    column_stride = pixels;
  }
  int64_t channel = group * c->g.filters + filter;
  int64_t at = (plane * c->g.filters + filter) * c->g.pixels + first;
  for (int64_t f = 0; f < filters; f++)
    begin_run(c, at + f * c->g.pixels, channel + f, pixels);
  ck_product_plain(c->y + at, c->g.pixels, c->w + channel * c->g.taps, c->g.taps, false, columns, column_stride, false,
                   filters, pixels, c->g.taps, 1.0f, 1.0f);
  for (int64_t f = 0; f < filters; f++)
    end_run(c, at + f * c->g.pixels, pixels);
}

void ck_conv2d_f32(float *y, const float *x, const float *w, const float *bias, const float *residual,
                   const ck_conv2d *sizes, ck_activation activation, void *scratch) {
  ck_conv2d_group g = ck_conv2d_group_of(sizes);
  int64_t outputs = sizes->batch * sizes->out_channels * g.pixels;
  if (outputs == 0)
    return;
  forward c = {y, x, w, bias, residual, sizes, activation, g, blocks_of(sizes), scratch, ck_conv2d_forward_slot(sizes)};
  if (g.taps == 0) {
    for (int64_t at = 0; at < outputs; at += g.pixels) {
      begin_run(&c, at, at / g.pixels % sizes->out_channels, g.pixels);
      end_run(&c, at, g.pixels);
    }
    return;
  }
  bool patches = is_patches(sizes);
  int64_t tasks = c.b.pixel_blocks * c.b.filter_blocks * (patches ? 1 : sizes->batch * sizes->groups);
  ck_parallel(tasks, outputs * g.taps / 4, patches ? run_patches : run_columns, &c);
}
