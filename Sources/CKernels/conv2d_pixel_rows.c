#include "conv2d_internal.h"
#include <string.h>

/// How the work is cut: blocks of output pixels (of all images for patches, of one otherwise) and of filters. Where
/// there are several of filters, what they multiply is gathered once, for all of them.
typedef struct blocks {
  int64_t planes, pixels, pixel_blocks, filters, filter_blocks;
  /// Elements of what a block of pixels multiplies, where it is not read in place; in how many slots it lies.
  int64_t gathered;
  bool shared;
} blocks;

enum {
  wanted_tasks = 8,
  most_pixels = 256,
  least_pixels = 48,
  most_filters = 256,
  least_filters = 32,
  most_shared = 3 << 20,
  gathered_taps = 144
};

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
  b.gathered = ck_conv2d_is_pointwise(s) ? 0 : b.pixels * g.taps;
  b.shared = b.filter_blocks > 1 && b.planes * b.pixel_blocks * b.gathered <= most_shared;
  return b;
}

int64_t ck_conv2d_pixel_rows_scratch(const ck_conv2d *s, int threads) {
  blocks b = blocks_of(s);
  return (b.shared ? b.planes * b.pixel_blocks : threads) * b.gathered + threads * 2 * b.pixels * b.filters;
}

typedef struct pixel_rows {
  const ck_conv2d_call *c;
  blocks b;
  /// What is gathered, then the products of each slot.
  float *gathered, *products;
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

/// The pixels of a block: `rows` of them from `first` on, in one group of one image, or counted over all images.
typedef struct stretch {
  int64_t image, group, first, rows;
} stretch;

/// Blocks are numbered by image, then by stretch of pixels.
static stretch stretch_of(const pixel_rows *p, int64_t group, int64_t block) {
  int64_t first = block % p->b.pixel_blocks * p->b.pixels;
  int64_t total = (ck_conv2d_is_patches(p->c->s) ? p->c->s->batch : 1) * p->c->g.pixels;
  return (stretch){block / p->b.pixel_blocks, group, first, ck_min_i64(p->b.pixels, total - first)};
}

static const float *image_of(const ck_conv2d_call *c, const stretch *t) {
  return c->x + (t->image * c->s->groups + t->group) * c->g.channels * c->s->in_height * c->s->in_width;
}

/// Taps [tap, tap + taps) of columns [taps, rows], or whole patches [rows, taps].
static void gather(const pixel_rows *p, float *to, const stretch *t, int64_t tap, int64_t taps) {
  if (ck_conv2d_is_patches(p->c->s))
    gather_patches(to, p->c, t->first, t->first + t->rows);
  else
    ck_conv2d_columns(to + tap * t->rows, t->rows, image_of(p->c, t), p->c->s, tap, tap + taps, t->first,
                      t->first + t->rows);
}

static int64_t blocks_of_group(const pixel_rows *p) { return p->b.planes / p->c->s->groups * p->b.pixel_blocks; }

static int64_t gather_tasks(const pixel_rows *p) {
  return ck_conv2d_is_patches(p->c->s) ? 1 : ck_ceil_div(p->c->g.taps, gathered_taps);
}

static void run_gather(void *context, int64_t task, int slot) {
  (void)slot;
  const pixel_rows *p = context;
  int64_t tasks = gather_tasks(p), block = task / tasks, tap = task % tasks * gathered_taps;
  stretch t = stretch_of(p, block / blocks_of_group(p), block % blocks_of_group(p));
  gather(p, p->gathered + block * p->b.gathered, &t, tap, ck_min_i64(gathered_taps, p->c->g.taps - tap));
}

static void run(void *context, int64_t task, int slot) {
  const pixel_rows *p = context;
  const ck_conv2d_call *c = p->c;
  const ck_conv2d *s = c->s;
  bool pointwise = ck_conv2d_is_pointwise(s), patches = ck_conv2d_is_patches(s);
  // All pixels before the next filters, so that these stay in the cache.
  int64_t in_group = blocks_of_group(p), block = task % in_group, group = task / in_group / p->b.filter_blocks;
  int64_t filter = task / in_group % p->b.filter_blocks * p->b.filters, taps = c->g.taps;
  int64_t filters = ck_min_i64(p->b.filters, c->g.filters - filter);
  stretch t = stretch_of(p, group, block);
  float *product = p->products + slot * 2 * p->b.pixels * p->b.filters, *sums = product + t.rows * filters;
  float *gathered = p->gathered + (p->b.shared ? group * in_group + block : slot) * p->b.gathered;
  if (!pointwise && !p->b.shared)
    gather(p, gathered, &t, 0, taps);
  bool packed = s->weights == CK_CONV2D_PANELS;
  ck_product one = {.c = product,
                    .a = pointwise ? image_of(c, &t) + t.first : gathered,
                    .b = packed ? c->w + group * ck_gemm_packed_elements(taps, c->g.filters) + filter * taps
                                : c->w + (group * c->g.filters + filter) * taps,
                    .g = {.m = t.rows,
                          .n = filters,
                          .k = taps,
                          .lda = patches     ? taps
                                 : pointwise ? c->g.pixels
                                             : t.rows,
                          .ldb = taps,
                          .ldc = filters,
                          .transpose_a = !patches,
                          .transpose_b = true,
                          .alpha = 1.0f,
                          .packed_b = packed},
                    .in_place = packed};
  ck_product_run(&one, 0, t.rows, 0, filters);
  ck_dispatch()->transpose(sums, t.rows, product, filters, t.rows, filters);
  end_rows(c, sums, t.image, t.first, t.rows, group * c->g.filters + filter, filters);
}

void ck_conv2d_pixel_rows(const ck_conv2d_call *c) {
  pixel_rows p = {c, blocks_of(c->s), c->scratch, c->scratch};
  int64_t all = p.b.planes * p.b.pixel_blocks, cost = c->s->batch * c->s->out_channels * c->g.pixels * c->g.taps / 4;
  p.products += (p.b.shared ? all : ck_threads()) * p.b.gathered;
  if (p.b.shared && p.b.gathered > 0)
    ck_parallel(all * gather_tasks(&p), cost, run_gather, &p);
  ck_parallel(all * p.b.filter_blocks, cost, run, &p);
}
