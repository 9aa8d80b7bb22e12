#include "conv2d_internal.h"
#include <string.h>

/// Maps of few pixels, as one product with the pixels of all images as its columns, so that tiles are full.

enum {
  most_pixels = 63,
  most_packed = 2 << 20, // elements of columns that are packed at once
  panels_per_task = 4,
  most_filters = 240,
  wanted_tasks = 8,
  row_step = 12 // filters of a task are a multiple
};

typedef struct cut {
  int64_t panels, panels_at_once, filters, filter_blocks;
} cut;

static cut cut_of(const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  cut p = {.panels = ck_ceil_div(s->batch * g.pixels, CK_GEMM_PANEL)};
  int64_t fitting = most_packed / (ck_max_i64(1, g.taps) * CK_GEMM_PANEL) / panels_per_task * panels_per_task;
  p.panels_at_once = ck_min_i64(p.panels, ck_max_i64(panels_per_task, fitting));
  int64_t parts = ck_ceil_div(wanted_tasks, ck_ceil_div(ck_max_i64(1, p.panels_at_once), panels_per_task));
  int64_t filters = ck_min_i64(most_filters, ck_ceil_div(ck_max_i64(1, g.filters), parts));
  p.filters = ck_ceil_div(filters, row_step) * row_step;
  p.filter_blocks = ck_ceil_div(g.filters, p.filters);
  return p;
}

bool ck_conv2d_is_merged(const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  return s->groups == 1 && s->batch > 1 && g.pixels > 0 && g.pixels <= most_pixels;
}

int64_t ck_conv2d_merged_scratch(const ck_conv2d *s, int threads) {
  cut p = cut_of(s);
  return p.panels_at_once * ck_conv2d_group_of(s).taps * CK_GEMM_PANEL +
         threads * p.filters * panels_per_task * CK_GEMM_PANEL;
}

typedef struct merged {
  const ck_conv2d_call *c;
  ck_conv2d window; // what gathers: a map that is read in place counts as one row
  cut p;
  bool transposed;
  float *packed, *sums;
  int64_t first, count; // panels in hand
} merged;

/// Pixels [first, last), counted over all images, that lie in one of them from `pixel` on.
typedef struct stretch {
  int64_t image, pixel, count;
} stretch;

static stretch stretch_of(const merged *m, int64_t first, int64_t last) {
  int64_t pixels = m->c->g.pixels, image = first / pixels, pixel = first % pixels;
  return (stretch){image, pixel, ck_min_i64(last - first, pixels - pixel)};
}

static int64_t last_pixel(const merged *m, int64_t last) { return ck_min_i64(last, m->c->s->batch * m->c->g.pixels); }

static void run_pack(void *context, int64_t panel, int slot) {
  (void)slot;
  const merged *m = context;
  int64_t taps = m->c->g.taps, first = (m->first + panel) * CK_GEMM_PANEL, last = last_pixel(m, first + CK_GEMM_PANEL);
  float *to = m->packed + panel * taps * CK_GEMM_PANEL;
  if (last - first < CK_GEMM_PANEL)
    memset(to, 0, (size_t)(taps * CK_GEMM_PANEL) * sizeof(float));
  for (int64_t at = first; at < last;) {
    stretch t = stretch_of(m, at, last);
    const float *image = m->c->x + t.image * m->c->g.channels * m->c->s->in_height * m->c->s->in_width;
    ck_conv2d_columns(to + at - first, CK_GEMM_PANEL, image, &m->window, 0, taps, t.pixel, t.pixel + t.count);
    at += t.count;
  }
}

/// y from sums [filters, columns] of filters from `filter` on and pixels from `first` on.
static void end(const merged *m, const float *sums, int64_t filter, int64_t filters, int64_t first, int64_t columns) {
  const ck_conv2d_call *c = m->c;
  bool bare = !c->bias && !c->residual && c->activation == CK_ACTIVATION_NONE;
  for (int64_t at = 0; at < columns;) {
    stretch t = stretch_of(m, first + at, first + columns);
    for (int64_t i = 0; i < filters; i++) {
      const float *from = sums + i * columns + at;
      int64_t to = (t.image * c->g.filters + filter + i) * c->g.pixels + t.pixel;
      if (bare) {
        for (int64_t j = 0; j < t.count; j++)
          c->y[to + j] = from[j];
      } else {
        ck_conv2d_end_run(c, to, filter + i, from, t.count, c->residual);
      }
    }
    at += t.count;
  }
}

static void run(void *context, int64_t task, int slot) {
  const merged *m = context;
  int64_t taps = m->c->g.taps, filter = task % m->p.filter_blocks * m->p.filters;
  int64_t filters = ck_min_i64(m->p.filters, m->c->g.filters - filter);
  int64_t panel = task / m->p.filter_blocks * panels_per_task, first = (m->first + panel) * CK_GEMM_PANEL;
  int64_t last = last_pixel(m, first + ck_min_i64(panels_per_task, m->count - panel) * CK_GEMM_PANEL);
  float *sums = m->sums + slot * m->p.filters * panels_per_task * CK_GEMM_PANEL;
  ck_product p = {.c = sums,
                  .a = m->c->w + filter * (m->transposed ? 1 : taps),
                  .b = m->packed + panel * taps * CK_GEMM_PANEL,
                  .g = {.m = filters,
                        .n = last - first,
                        .k = taps,
                        .lda = m->transposed ? m->c->g.filters : taps,
                        .ldc = last - first,
                        .transpose_a = m->transposed,
                        .alpha = 1.0f,
                        .packed_b = true}};
  ck_product_run(&p, 0, filters, 0, last - first);
  end(m, sums, filter, filters, first, last - first);
}

void ck_conv2d_merged(const ck_conv2d_call *c, bool transposed) {
  merged m = {.c = c, .window = *c->s, .p = cut_of(c->s), .transposed = transposed, .packed = c->scratch};
  if (ck_conv2d_is_pointwise(c->s)) {
    m.window.in_width = m.window.out_width = c->g.pixels;
    m.window.in_height = m.window.out_height = 1;
  }
  m.sums = m.packed + m.p.panels_at_once * c->g.taps * CK_GEMM_PANEL;
  int64_t width = c->g.taps * CK_GEMM_PANEL;
  for (; m.first < m.p.panels; m.first += m.count) {
    m.count = ck_min_i64(m.p.panels_at_once, m.p.panels - m.first);
    ck_parallel(m.count, m.count * width, run_pack, &m);
    ck_parallel(ck_ceil_div(m.count, panels_per_task) * m.p.filter_blocks, m.count * width * c->g.filters / 4, run, &m);
  }
}
