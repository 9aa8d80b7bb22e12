#include "conv2d_internal.h"
#include <string.h>

/// The weights' gradient by the transposes of Winograd's transforms: dw = Gᵀ (Σ u ⊙ v) G over all tiles of all images,
/// u that of 4 × 4 elements of dy and v that of 6 × 6 elements of x.

enum {
  points = CK_WINOGRAD_POINTS,
  pad = 16,              // elements between points, so that they do not fall on the same sets of a cache
  most_run = 16,         // tiles whose pixels are gathered at once
  most_inputs = 4 << 20, // elements of what is transformed at once
  most_tiles = 256,
  least_tiles = 64,
  block = 64 // filters that a task multiplies
};

/// How the work is cut: tiles, counted over all images, are transformed a group at a time, to [point][panel of
/// channels][tile][CK_GEMM_PANEL], and multiplied to sums [point][filter][channel].
typedef struct cut {
  int64_t down, across, tiles, group, channel_panels, filter_panels;
  int64_t x_point, dy_point, sum_row, sum_point;
} cut;

static cut cut_of(const ck_conv2d *s) {
  cut p = {.down = ck_ceil_div(s->out_height, 4), .across = ck_ceil_div(s->out_width, 4)};
  p.tiles = s->batch * p.down * p.across;
  p.channel_panels = ck_ceil_div(s->in_channels, CK_GEMM_PANEL);
  p.filter_panels = ck_ceil_div(s->out_channels, CK_GEMM_PANEL);
  int64_t width = points * (p.channel_panels + p.filter_panels) * CK_GEMM_PANEL;
  p.group = ck_min_i64(p.tiles, ck_max_i64(least_tiles, ck_min_i64(most_tiles, most_inputs / width)));
  p.group = ck_ceil_div(p.tiles, ck_ceil_div(p.tiles, p.group));
  p.x_point = p.channel_panels * p.group * CK_GEMM_PANEL + pad;
  p.dy_point = p.filter_panels * p.group * CK_GEMM_PANEL + pad;
  p.sum_row = p.channel_panels * CK_GEMM_PANEL;
  p.sum_point = s->out_channels * p.sum_row + pad;
  return p;
}

int64_t ck_conv2d_winograd_gradient_scratch(const ck_conv2d *s) {
  cut p = cut_of(s);
  return points * (p.x_point + p.dy_point + p.sum_point);
}

typedef struct gradient {
  float *dw, *v, *u, *sums;
  const float *dy, *x;
  const ck_conv2d *s;
  cut p;
  int64_t first, count; // tiles in hand
} gradient;

/// Planes of one image, neighbouring channels, and where a run of tiles lies in them.
typedef struct window {
  const float *planes;
  int64_t channels, height, width, y, x;
} window;

/// pixels [rows, columns, CK_GEMM_PANEL] = those that the window sees, channels side by side; zeros outside.
static void gather(float *pixels, const window *w, int64_t rows, int64_t columns) {
  int64_t first = ck_min_i64(columns, ck_max_i64(0, -w->x)), last = ck_min_i64(columns, w->width - w->x);
  for (int64_t i = 0; i < rows; i++, pixels += columns * CK_GEMM_PANEL) {
    int64_t y = w->y + i;
    bool inside = y >= 0 && y < w->height && first < last;
    if (!inside || first > 0 || last < columns || w->channels < CK_GEMM_PANEL)
      memset(pixels, 0, (size_t)(columns * CK_GEMM_PANEL) * sizeof(float));
    if (inside)
      ck_dispatch()->transpose(pixels + first * CK_GEMM_PANEL, CK_GEMM_PANEL, w->planes + y * w->width + w->x + first,
                               w->height * w->width, w->channels, last - first);
  }
}

/// The transforms of tiles [tile, tile + tiles) of one row, for one panel of channels of x, or behind those of dy.
static void transform_run(const gradient *g, int64_t panel, int64_t tile, int64_t tiles) {
  const ck_conv2d *s = g->s;
  bool input = panel < g->p.channel_panels;
  int64_t row = tile / g->p.across, image = row / g->p.down, y = row % g->p.down * 4, x = tile % g->p.across * 4;
  int64_t channel = (input ? panel : panel - g->p.channel_panels) * CK_GEMM_PANEL;
  int64_t channels = input ? s->in_channels : s->out_channels, columns = 4 * tiles + (input ? 2 : 0);
  window w = {.channels = ck_min_i64(CK_GEMM_PANEL, channels - channel),
              .height = input ? s->in_height : s->out_height,
              .width = input ? s->in_width : s->out_width,
              .y = input ? y - s->pad_top : y,
              .x = input ? x - s->pad_left : x};
  w.planes = (input ? g->x : g->dy) + (image * channels + channel) * w.height * w.width;
  float pixels[6 * (4 * most_run + 2) * CK_GEMM_PANEL];
  gather(pixels, &w, input ? 6 : 4, columns);
  float *to = (input ? g->v : g->u) + (channel * g->p.group + (tile - g->first) * CK_GEMM_PANEL);
  for (int64_t t = 0; t < tiles; t++, to += CK_GEMM_PANEL) {
    const float *from = pixels + 4 * t * CK_GEMM_PANEL;
    if (input)
      ck_dispatch()->winograd_tile_input(to, g->p.x_point, from, columns * CK_GEMM_PANEL);
    else
      ck_dispatch()->winograd_tile_output_gradient(to, g->p.dy_point, from, columns * CK_GEMM_PANEL);
  }
}

static void run_transform(void *context, int64_t panel, int slot) {
  (void)slot;
  const gradient *g = context;
  for (int64_t tile = g->first, last = tile + g->count, tiles; tile < last; tile += tiles) {
    tiles = ck_min_i64(most_run, ck_min_i64(last - tile, g->p.across - tile % g->p.across));
    transform_run(g, panel, tile, tiles);
  }
}

/// Adds u · v of the tiles in hand to the sums of one point, for a block of filters.
static void run_multiply(void *context, int64_t task, int slot) {
  (void)slot;
  const gradient *g = context;
  const ck_gemm_tiles *tiles = ck_dispatch()->gemm_tiles;
  int64_t point = task % points, first = task / points * block, filters = g->s->out_channels;
  int64_t step = g->p.group * CK_GEMM_PANEL, last = ck_min_i64(first + block, filters);
  ck_gemm_strips strips = {
      .k = g->count, .a_row = 1, .a_step = CK_GEMM_PANEL, .b_panel = step, .b_step = CK_GEMM_PANEL};
  const float *u = g->u + point * g->p.dy_point, *v = g->v + point * g->p.x_point;
  for (int64_t panel = 0, width; panel < g->p.channel_panels; panel += width) {
    width = panel + 2 <= g->p.channel_panels && tiles->rows[2] >= tiles->rows[1] ? 2 : 1;
    const float *b = v + panel * step;
    for (int64_t filter = first; filter < last; filter += CK_GEMM_PANEL) {
      int64_t rows = ck_min_i64(CK_GEMM_PANEL, last - filter), parts = ck_ceil_div(rows, tiles->rows[width]);
      for (int64_t i = 0, height; i < rows; i += height) {
        height = ck_min_i64(ck_ceil_div(rows, parts), rows - i);
        float *c = g->sums + point * g->p.sum_point + (filter + i) * g->p.sum_row + panel * CK_GEMM_PANEL;
        strips.next = (const char *)(b + width * step);
        strips.next_step = CK_GEMM_PANEL * (int64_t)sizeof(float);
        tiles->run[width][height](c, g->p.sum_row, &strips, u + filter / CK_GEMM_PANEL * step + i, b,
                                  g->first > 0 ? c : NULL);
      }
    }
  }
}

static void run_end(void *context, int64_t filter, int slot) {
  (void)slot;
  const gradient *g = context;
  int64_t channels = g->s->in_channels;
  for (int64_t channel = 0; channel < channels; channel += CK_GEMM_PANEL) {
    float made[9 * CK_GEMM_PANEL];
    ck_dispatch()->winograd_weight_gradient(made, g->sums + filter * g->p.sum_row + channel, g->p.sum_point);
    ck_dispatch()->transpose(g->dw + (filter * channels + channel) * 9, 9, made, CK_GEMM_PANEL, 9,
                             ck_min_i64(CK_GEMM_PANEL, channels - channel));
  }
}

void ck_conv2d_winograd_gradient(float *dw, const float *dy, const float *x, const ck_conv2d *s, float *scratch) {
  gradient g = {.dw = dw, .v = scratch, .dy = dy, .x = x, .s = s, .p = cut_of(s)};
  g.u = g.v + points * g.p.x_point;
  g.sums = g.u + points * g.p.dy_point;
  int64_t panels = g.p.channel_panels + g.p.filter_panels, weights = s->in_channels * s->out_channels;
  for (; g.first < g.p.tiles; g.first += g.count) {
    g.count = ck_min_i64(g.p.group, g.p.tiles - g.first);
    ck_parallel(panels, panels * g.count * points * CK_GEMM_PANEL, run_transform, &g);
    ck_parallel(points * ck_ceil_div(s->out_channels, block), weights * g.count * 9, run_multiply, &g);
  }
  ck_parallel(s->out_channels, weights * points, run_end, &g);
}
