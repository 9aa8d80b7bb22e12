#include "conv2d_internal.h"
#include <string.h>

/// dw [filters, taps] += dy [filters, pixels] · columnsᵀ [pixels, taps], run by run of an image's pixels.

enum {
  most_run = 512,        // pixels of a run
  least_run = 64,        // where images have as many
  most_packed = 2 << 20, // elements of columns that are packed at once
  most_taps = 256,       // of a task
  most_filters = 60,
  wanted_tasks = 8,
  row_step = 4 // filters of a task are a multiple
};

/// How the work is cut: as many runs as there is room for are packed, to [group][run][panel of taps][pixel]
/// [CK_GEMM_PANEL], and multiplied by blocks of filters and taps.
typedef struct cut {
  int64_t run, runs_in_image, runs, runs_at_once, panels, taps, tap_blocks, filters, filter_blocks;
} cut;

static cut cut_of(const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  cut p = {.panels = ck_ceil_div(g.taps, CK_GEMM_PANEL)};
  int64_t width = ck_max_i64(1, s->groups * p.panels * CK_GEMM_PANEL), pixels = ck_max_i64(1, g.pixels);
  int64_t most = ck_min_i64(pixels, ck_min_i64(most_run, ck_max_i64(least_run, most_packed / width)));
  p.run = ck_ceil_div(pixels, ck_ceil_div(pixels, most));
  p.runs_in_image = ck_ceil_div(pixels, p.run);
  p.runs = s->batch * p.runs_in_image;
  p.runs_at_once = ck_max_i64(1, ck_min_i64(p.runs, most_packed / (width * p.run)));
  p.taps = most_taps;
  p.tap_blocks = ck_ceil_div(g.taps, p.taps);
  int64_t parts = ck_ceil_div(wanted_tasks, ck_max_i64(1, s->groups * p.tap_blocks));
  int64_t filters = ck_min_i64(most_filters, ck_ceil_div(ck_max_i64(1, g.filters), parts));
  p.filters = ck_ceil_div(filters, row_step) * row_step;
  p.filter_blocks = ck_ceil_div(g.filters, p.filters);
  return p;
}

static int64_t run_elements(const cut *p) { return p->panels * CK_GEMM_PANEL * p->run; }

static int64_t scratch_elements(const ck_conv2d *s) {
  if (ck_conv2d_is_dense(s))
    return ck_conv2d_dense_scratch(s);
  if (ck_conv2d_winograd_pays(s))
    return ck_conv2d_winograd_gradient_scratch(s);
  cut p = cut_of(s);
  return s->groups * p.runs_at_once * run_elements(&p);
}

int64_t ck_conv2d_weight_gradient_scratch(const ck_conv2d *sizes) {
  return scratch_elements(sizes) * (int64_t)sizeof(float);
}

typedef struct gradient {
  float *dw, *packed;
  const float *dy, *x;
  const ck_conv2d *s;
  ck_conv2d_group g;
  cut p;
  int64_t first, count; // runs in hand
} gradient;

/// A run of pixels of one image.
typedef struct stretch {
  int64_t image, pixel, pixels;
} stretch;

static stretch stretch_of(const gradient *c, int64_t run) {
  int64_t pixel = run % c->p.runs_in_image * c->p.run;
  return (stretch){run / c->p.runs_in_image, pixel, ck_min_i64(c->p.run, c->g.pixels - pixel)};
}

static float *packed_run(const gradient *c, int64_t group, int64_t run) {
  return c->packed + (group * c->p.runs_at_once + run) * run_elements(&c->p);
}

static void run_pack(void *context, int64_t task, int slot) {
  (void)slot;
  const gradient *c = context;
  const ck_conv2d *s = c->s;
  int64_t panel = task % c->p.panels, run = task / c->p.panels % c->count, group = task / c->p.panels / c->count;
  stretch t = stretch_of(c, c->first + run);
  int64_t tap = panel * CK_GEMM_PANEL, taps = ck_min_i64(CK_GEMM_PANEL, c->g.taps - tap);
  const float *image = c->x + (t.image * s->groups + group) * c->g.channels * s->in_height * s->in_width;
  float columns[CK_GEMM_PANEL * most_run], *to = packed_run(c, group, run) + tap * t.pixels;
  if (taps < CK_GEMM_PANEL)
    memset(to, 0, (size_t)(CK_GEMM_PANEL * t.pixels) * sizeof(float));
  if (ck_conv2d_is_pointwise(s)) {
    ck_dispatch()->transpose(to, CK_GEMM_PANEL, image + tap * c->g.pixels + t.pixel, c->g.pixels, taps, t.pixels);
  } else {
    ck_conv2d_columns(columns, t.pixels, image, s, tap, tap + taps, t.pixel, t.pixel + t.pixels);
    ck_dispatch()->transpose(to, CK_GEMM_PANEL, columns, t.pixels, taps, t.pixels);
  }
}

static void run_multiply(void *context, int64_t task, int slot) {
  (void)slot;
  const gradient *c = context;
  int64_t tap = task % c->p.tap_blocks * c->p.taps, group = task / c->p.tap_blocks / c->p.filter_blocks;
  int64_t filter = task / c->p.tap_blocks % c->p.filter_blocks * c->p.filters;
  for (int64_t run = 0; run < c->count; run++) {
    stretch t = stretch_of(c, c->first + run);
    ck_product p = {.c = c->dw + group * c->g.filters * c->g.taps,
                    .a = c->dy + (t.image * c->s->groups + group) * c->g.filters * c->g.pixels + t.pixel,
                    .b = packed_run(c, group, run),
                    .g = {.m = c->g.filters,
                          .n = c->g.taps,
                          .k = t.pixels,
                          .lda = c->g.pixels,
                          .ldc = c->g.taps,
                          .alpha = 1.0f,
                          .beta = c->first + run > 0 ? 1.0f : 0.0f,
                          .packed_b = true}};
    ck_product_run(&p, filter, ck_min_i64(c->p.filters, c->g.filters - filter), tap,
                   ck_min_i64(c->p.taps, c->g.taps - tap));
  }
}

void ck_conv2d_weight_gradient_f32(float *dw, const float *dy, const float *x, const ck_conv2d *sizes, void *scratch) {
  gradient c = {.dw = dw, .packed = scratch, .dy = dy, .x = x, .s = sizes, .g = ck_conv2d_group_of(sizes)};
  int64_t weights = sizes->out_channels * c.g.taps;
  if (weights * sizes->batch * c.g.pixels == 0) {
    if (weights > 0)
      memset(dw, 0, (size_t)weights * sizeof(float));
    return;
  }
  if (ck_conv2d_is_dense(sizes)) {
    ck_conv2d_dense_weight_gradient(dw, dy, x, sizes, scratch);
    return;
  }
  if (ck_conv2d_winograd_pays(sizes)) {
    ck_conv2d_winograd_gradient(dw, dy, x, sizes, scratch);
    return;
  }
  c.p = cut_of(sizes);
  for (; c.first < c.p.runs; c.first += c.count) {
    c.count = ck_min_i64(c.p.runs_at_once, c.p.runs - c.first);
    int64_t packed = sizes->groups * c.count * run_elements(&c.p);
    ck_parallel(sizes->groups * c.count * c.p.panels, packed, run_pack, &c);
    ck_parallel(sizes->groups * c.p.tap_blocks * c.p.filter_blocks, packed * c.g.filters / 4, run_multiply, &c);
  }
}
