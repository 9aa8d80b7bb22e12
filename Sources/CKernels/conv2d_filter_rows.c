#include "conv2d_internal.h"

/// How the work is cut: blocks of output pixels of one image and of filters. A block of pixels goes by groups.
typedef struct blocks {
  int64_t pixels, pixel_blocks, filters, filter_blocks, group;
} blocks;

enum { wanted_tasks = 8, least_pixels = 64, most_pixels = 1024, most_group = 64, least_filters = 64 };

/// Into pixels rather than filters, because every block of filters makes its columns anew.
static blocks blocks_of(const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  int64_t planes = ck_max_i64(1, s->batch * s->groups), total = ck_max_i64(1, g.pixels);
  int64_t share = ck_max_i64(least_pixels, ck_ceil_div(total * planes, 2 * wanted_tasks));
  int64_t most = ck_min_i64(ck_min_i64(total, most_pixels), share);
  blocks b = {.filters = ck_max_i64(1, g.filters)};
  b.pixels = ck_ceil_div(ck_ceil_div(total, ck_ceil_div(total, most)), CK_GEMM_PANEL) * CK_GEMM_PANEL;
  b.pixel_blocks = ck_ceil_div(total, b.pixels);
  b.group = ck_conv2d_is_pointwise(s)
                ? most_group
                : ck_max_i64(1, ck_conv2d_fitting(most_group, g.taps) / CK_GEMM_PANEL) * CK_GEMM_PANEL;
  if (b.pixel_blocks * planes < wanted_tasks) {
    int64_t parts = ck_ceil_div(wanted_tasks, b.pixel_blocks * planes);
    b.filters = ck_min_i64(b.filters, ck_max_i64(least_filters, ck_ceil_div(ck_ceil_div(g.filters, parts), 12) * 12));
  }
  b.filter_blocks = ck_ceil_div(g.filters, b.filters);
  return b;
}

static int64_t slot_elements(const ck_conv2d *s) {
  return ck_conv2d_is_pointwise(s) ? 0 : blocks_of(s).group * ck_conv2d_group_of(s).taps;
}

int64_t ck_conv2d_filter_rows_scratch(const ck_conv2d *s, int threads) { return threads * slot_elements(s); }

typedef struct filter_rows {
  const ck_conv2d_call *c;
  blocks b;
  int64_t slot_elements;
} filter_rows;

static void run(void *context, int64_t task, int slot) {
  const filter_rows *f = context;
  const ck_conv2d_call *c = f->c;
  const ck_conv2d *s = c->s;
  int64_t filter = task % f->b.filter_blocks * f->b.filters, filters = ck_min_i64(f->b.filters, c->g.filters - filter);
  int64_t first = task / f->b.filter_blocks % f->b.pixel_blocks * f->b.pixels;
  int64_t plane = task / f->b.filter_blocks / f->b.pixel_blocks; // image · groups + group
  int64_t last = ck_min_i64(first + f->b.pixels, c->g.pixels), channel = plane % s->groups * c->g.filters + filter;
  const float *image = c->x + plane * c->g.channels * s->in_height * s->in_width;
  bool pointwise = ck_conv2d_is_pointwise(s);
  float *made = c->scratch + slot * f->slot_elements;
  for (int64_t pixel = first; pixel < last; pixel += f->b.group) {
    int64_t pixels = ck_min_i64(f->b.group, last - pixel);
    int64_t at = (plane * c->g.filters + filter) * c->g.pixels + pixel;
    if (!pointwise)
      ck_conv2d_columns(made, f->b.group, image, s, 0, c->g.taps, pixel, pixel + pixels);
    ck_product p = {.c = c->y + at,
                    .a = c->w + channel * c->g.taps,
                    .b = pointwise ? image + pixel : made,
                    .g = {.m = filters,
                          .n = pixels,
                          .k = c->g.taps,
                          .lda = c->g.taps,
                          .ldb = pointwise ? c->g.pixels : f->b.group,
                          .ldc = c->g.pixels,
                          .alpha = 1.0f},
                    .end = {.residual = c->residual ? c->residual + at : NULL},
                    .in_place = !pointwise};
    ck_product_run(&p, 0, filters, 0, pixels);
    for (int64_t i = 0; i < filters; i++)
      ck_conv2d_end_run(c, at + i * c->g.pixels, channel + i, c->y + at + i * c->g.pixels, pixels, NULL);
  }
}

void ck_conv2d_filter_rows(const ck_conv2d_call *c) {
  filter_rows f = {c, blocks_of(c->s), slot_elements(c->s)};
  int64_t planes = c->s->batch * c->s->groups, cost = planes * c->g.filters * c->g.pixels * c->g.taps / 4;
  ck_parallel(f.b.pixel_blocks * f.b.filter_blocks * planes, cost, run, &f);
}
