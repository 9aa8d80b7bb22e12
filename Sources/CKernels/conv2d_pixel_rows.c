#include "conv2d_internal.h"
#include <string.h>

/// How the work is cut: blocks of output pixels (of all images for patches, of one otherwise) and of filters.
typedef struct blocks {
  int64_t planes, pixels, pixel_blocks, filters, filter_blocks;
} blocks;

enum { wanted_tasks = 8, most_pixels = 256, least_pixels = 48, most_filters = 256, least_filters = 32 };

static blocks blocks_of(const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  bool patches = ck_conv2d_is_patches(s);
  blocks b = {.planes = patches ? 1 : s->batch * s->groups};
  int64_t total = ck_max_i64(1, patches ? s->batch * g.pixels : g.pixels);
  int64_t most = ck_min_i64(ck_conv2d_fitting(most_pixels, ck_conv2d_is_pointwise(s) ? 1 : g.taps), total);
  b.pixels = ck_ceil_div(total, ck_ceil_div(total, most));
  b.filters = ck_min_i64(ck_max_i64(1, g.filters), most_filters);
  for (bool narrower = true; narrower;) {
    b.pixel_blocks = ck_ceil_div(total, b.pixels);
    b.filter_blocks = ck_ceil_div(g.filters, b.filters);
    narrower = b.planes * b.pixel_blocks * b.filter_blocks < wanted_tasks;
    if (!narrower || (b.filters < 2 * least_filters && b.pixels < 2 * least_pixels))
      break;
    if (b.filters >= 128 || b.pixels < 2 * least_pixels)
      b.filters = ck_ceil_div(b.filters, 2 * least_filters) * least_filters;
    else
      b.pixels = ck_ceil_div(b.pixels, 2);
  }
  return b;
}

static int64_t slot_elements(const ck_conv2d *s) {
  blocks b = blocks_of(s);
  return b.pixels * ((ck_conv2d_is_pointwise(s) ? 0 : ck_conv2d_group_of(s).taps) + 2 * b.filters);
}

int64_t ck_conv2d_pixel_rows_scratch(const ck_conv2d *s, int threads) { return threads * slot_elements(s); }

typedef struct pixel_rows {
  const ck_conv2d_call *c;
  blocks b;
  int64_t slot_elements;
} pixel_rows;

/// patches [last − first, taps] of pixels [first, last), counted over all images.
static void gather_patches(float *patches, const ck_conv2d_call *c, int64_t first, int64_t last) {
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

/// y from sums [filters, rows] of pixels [first, first + rows), counted over all images for patches.
static void end_rows(const ck_conv2d_call *c, const float *sums, int64_t image, int64_t first, int64_t rows,
                     int64_t filter, int64_t filters) {
  for (int64_t f = filter; f < filter + filters; f++, sums += rows) {
    for (int64_t r = 0, n; r < rows; r += n) {
      int64_t pixel = (first + r) % c->g.pixels;
      int64_t plane = (image + (first + r) / c->g.pixels) * c->s->out_channels + f;
      n = ck_min_i64(rows - r, c->g.pixels - pixel);
      ck_conv2d_end_run(c, plane * c->g.pixels + pixel, f, sums + r, n, c->residual);
    }
  }
}

static void run(void *context, int64_t task, int slot) {
  const pixel_rows *p = context;
  const ck_conv2d_call *c = p->c;
  const ck_conv2d *s = c->s;
  bool pointwise = ck_conv2d_is_pointwise(s), patches = ck_conv2d_is_patches(s);
  // All images before the next filters, so that these stay in the cache.
  int64_t pixel_blocks = p->b.pixel_blocks * (p->b.planes / s->groups);
  int64_t first = task % p->b.pixel_blocks * p->b.pixels, image = task % pixel_blocks / p->b.pixel_blocks;
  int64_t filter = task / pixel_blocks % p->b.filter_blocks * p->b.filters;
  int64_t group = task / pixel_blocks / p->b.filter_blocks;
  int64_t filters = ck_min_i64(p->b.filters, c->g.filters - filter), taps = c->g.taps;
  int64_t rows = ck_min_i64(p->b.pixels, (patches ? s->batch : 1) * c->g.pixels - first);
  float *product = c->scratch + slot * p->slot_elements, *transposed = product + p->b.pixels * p->b.filters;
  float *made = transposed + p->b.pixels * p->b.filters;
  const float *x = c->x + (image * s->groups + group) * c->g.channels * s->in_height * s->in_width;
  if (patches)
    gather_patches(made, c, first, first + rows);
  else if (!pointwise)
    ck_conv2d_columns(made, rows, x, s, 0, taps, first, first + rows);
  bool packed = s->weights == CK_CONV2D_PANELS;
  ck_product one = {.c = product,
                    .a = pointwise ? x + first : made,
                    .b = packed ? c->w + group * ck_gemm_packed_elements(taps, c->g.filters) + filter * taps
                                : c->w + (group * c->g.filters + filter) * taps,
                    .g = {.m = rows,
                          .n = filters,
                          .k = taps,
                          .lda = patches     ? taps
                                 : pointwise ? c->g.pixels
                                             : rows,
                          .ldb = taps,
                          .ldc = filters,
                          .transpose_a = !patches,
                          .transpose_b = true,
                          .alpha = 1.0f,
                          .packed_b = packed},
                    .in_place = packed};
  ck_product_run(&one, 0, rows, 0, filters);
  ck_dispatch()->transpose(transposed, rows, product, filters, rows, filters);
  end_rows(c, transposed, image, first, rows, group * c->g.filters + filter, filters);
}

void ck_conv2d_pixel_rows(const ck_conv2d_call *c) {
  pixel_rows p = {c, blocks_of(c->s), slot_elements(c->s)};
  int64_t cost = c->s->batch * c->s->out_channels * c->g.pixels * c->g.taps / 4;
  ck_parallel(p.b.planes * p.b.pixel_blocks * p.b.filter_blocks, cost, run, &p);
}
