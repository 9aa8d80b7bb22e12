#include "conv2d_internal.h"

enum {
  points = 36,
  pad = 16,               // elements between points, so that they do not fall on the same sets of a cache
  block = 12,             // filters whose weights lie together: [channels, block]
  most_inputs = 3 << 20,  // elements of transformed inputs at once
  most_sums = 120 << 10,  // elements of transformed outputs of a task
  channels_per_task = 8,
  wanted_tasks = 8,
};

/// How the work is cut. Tiles, counted over all images, go by groups of CK_WINOGRAD_TILES; as many groups at once as
/// there is room for their transformed inputs [group][point][panel][channel][CK_GEMM_PANEL].
typedef struct cut {
  int64_t down, across, tiles, groups, groups_at_once, filters, filter_blocks;
  /// Elements from one point to the next of inputs, outputs and weights; from one group to the next of inputs.
  int64_t input_point, output_point, weight_point, input_group;
} cut;

static cut cut_of(const ck_conv2d *s) {
  cut p = {.down = ck_ceil_div(s->out_height, 4), .across = ck_ceil_div(s->out_width, 4)};
  p.tiles = s->batch * p.down * p.across;
  p.groups = ck_ceil_div(p.tiles, CK_WINOGRAD_TILES);
  p.input_point = s->in_channels * ck_min_i64(CK_WINOGRAD_TILES, ck_ceil_div(p.tiles, 16) * 16) + pad;
  p.input_group = points * p.input_point;
  p.weight_point = ck_ceil_div(s->out_channels, block) * block * s->in_channels;
  p.groups_at_once = ck_max_i64(1, ck_min_i64(p.groups, most_inputs / ck_max_i64(1, p.input_group)));
  int64_t most = most_sums / (points * CK_WINOGRAD_TILES), blocks = ck_ceil_div(s->out_channels, block);
  int64_t parts = ck_max_i64(ck_ceil_div(s->out_channels, most), ck_ceil_div(wanted_tasks, p.groups_at_once));
  p.filters = ck_max_i64(1, ck_ceil_div(blocks, ck_max_i64(1, parts))) * block;
  p.filter_blocks = ck_ceil_div(s->out_channels, p.filters);
  p.output_point = p.filters * CK_WINOGRAD_TILES + pad;
  return p;
}

int64_t ck_conv2d_winograd_elements(const ck_conv2d *s) { return points * cut_of(s).weight_point; }

int64_t ck_conv2d_winograd_scratch(const ck_conv2d *s, int threads) {
  cut p = cut_of(s);
  return p.groups_at_once * p.input_group + threads * points * p.output_point;
}

typedef struct packing {
  float *packed;
  const float *w;
  const ck_conv2d *s;
  cut p;
} packing;

/// G w Gᵀ in double precision, zeros behind the last filter; G follows from the points in `bodies/conv2d.inc.h`.
static void pack_filter(void *context, int64_t filter, int slot) {
  (void)slot;
  const packing *c = context;
  const double a = 0.70710678118654752, b = 1.4142135623730951;
  const double g[6][3] = {{1, 0, 0},
                          {-1 / 1.5, -a / 1.5, -0.5 / 1.5},
                          {-1 / 1.5, a / 1.5, -0.5 / 1.5},
                          {1 / 6.0, b / 6, 2 / 6.0},
                          {1 / 6.0, -b / 6, 2 / 6.0},
                          {0, 0, 1}};
  int64_t channels = c->s->in_channels;
  for (int64_t channel = 0; channel < channels; channel++) {
    double columns[6][3] = {{0}};
    const float *w = c->w + (filter * channels + channel) * 9;
    for (int i = 0; i < 6 && filter < c->s->out_channels; i++) {
      for (int x = 0; x < 3; x++)
        columns[i][x] = g[i][0] * (double)w[x] + g[i][1] * (double)w[3 + x] + g[i][2] * (double)w[6 + x];
    }
    float *to = c->packed + (filter / block * channels + channel) * block + filter % block;
    for (int i = 0; i < 6; i++) {
      for (int j = 0; j < 6; j++, to += c->p.weight_point)
        *to = (float)(g[j][0] * columns[i][0] + g[j][1] * columns[i][1] + g[j][2] * columns[i][2]);
    }
  }
}

void ck_conv2d_winograd_pack(float *packed, const float *w, const ck_conv2d *s) {
  packing c = {packed, w, s, cut_of(s)};
  ck_parallel(ck_ceil_div(s->out_channels, block) * block, s->out_channels * s->in_channels * points, pack_filter, &c);
}

typedef struct winograd {
  const ck_conv2d_call *c;
  cut p;
  float *inputs, *sums;
  int64_t first_group, channel_blocks, groups;
} winograd;

/// The runs of tiles [first, last); gives their number.
static int64_t runs_of(ck_winograd_run *runs, const cut *p, int64_t first, int64_t last) {
  int64_t count = 0;
  for (int64_t t = first; t < last; count++) {
    int64_t x = t % p->across, row = t / p->across;
    ck_winograd_run run = {row / p->down, 4 * (row % p->down), 4 * x, t - first, ck_min_i64(last - t, p->across - x)};
    runs[count] = run;
    t += run.tiles;
  }
  return count;
}

static int64_t tiles_of_group(const cut *p, int64_t group) {
  return ck_min_i64(CK_WINOGRAD_TILES, p->tiles - group * CK_WINOGRAD_TILES);
}

static void transform_inputs(void *context, int64_t task, int slot) {
  (void)slot;
  const winograd *w = context;
  const ck_conv2d *s = w->c->s;
  int64_t local = task / w->channel_blocks, first = (w->first_group + local) * CK_WINOGRAD_TILES;
  ck_winograd_run runs[CK_WINOGRAD_TILES];
  int64_t count = runs_of(runs, &w->p, first, first + tiles_of_group(&w->p, w->first_group + local));
  int64_t channel = task % w->channel_blocks * channels_per_task;
  int64_t last = ck_min_i64(channel + channels_per_task, s->in_channels);
  for (; channel < last; channel++)
    ck_dispatch()->winograd_input(w->inputs + local * w->p.input_group + channel * CK_GEMM_PANEL, w->p.input_point,
                                  s->in_channels * CK_GEMM_PANEL, w->c->x + channel * s->in_height * s->in_width, s, runs, count);
}

/// Outputs of one filter: rows [4, 4 · CK_WINOGRAD_TILES].
static void end_filter(const winograd *w, const float *rows, int64_t filter, const ck_winograd_run *runs,
                       int64_t count) {
  const ck_conv2d *s = w->c->s;
  for (const ck_winograd_run *run = runs; run < runs + count; run++) {
    int64_t plane = (run->image * s->out_channels + filter) * w->c->g.pixels;
    int64_t height = ck_min_i64(4, s->out_height - run->y), width = ck_min_i64(4 * run->tiles, s->out_width - run->x);
    for (int64_t i = 0; i < height; i++)
      ck_conv2d_end_run(w->c, plane + (run->y + i) * s->out_width + run->x, filter,
                        rows + i * 4 * CK_WINOGRAD_TILES + 4 * run->tile, width, w->c->residual);
  }
}

/// sums [filters, CK_WINOGRAD_TILES] = weights · inputs at one point, `panels` panels of tiles; `next` is what will be
/// read after the inputs.
static void multiply_point(float *sums, const float *weights, const float *inputs, int64_t filters, int64_t panels,
                           int64_t channels, const float *next) {
  const ck_gemm_tiles *tiles = ck_dispatch()->gemm_tiles;
  ck_gemm_strips strips = {.k = channels,
                           .a_row = 1,
                           .a_step = block,
                           .b_panel = channels * CK_GEMM_PANEL,
                           .b_step = CK_GEMM_PANEL};
  for (int64_t panel = 0, width; panel < panels; panel += width) {
    width = panel + 2 <= panels && tiles->rows[2] == block ? 2 : 1;
    const float *b = inputs + panel * strips.b_panel, *after = b + width * strips.b_panel;
    int64_t count = ck_ceil_div(filters, tiles->rows[width]);
    strips.next = (const char *)(panel + width < panels ? after : next);
    strips.next_step = ck_ceil_div(CK_GEMM_PANEL * (int64_t)sizeof(float), count);
    for (int64_t i = 0, height; i < filters; i += height) {
      height = ck_min_i64(tiles->rows[width], filters - i);
      tiles->run[width][height](sums + i * CK_WINOGRAD_TILES + panel * CK_GEMM_PANEL, CK_WINOGRAD_TILES, &strips,
                                weights + i / block * block * channels + i % block, b, NULL);
      strips.next += strips.next_step * channels;
    }
  }
}

static void multiply(void *context, int64_t task, int slot) {
  const winograd *w = context;
  const ck_conv2d *s = w->c->s;
  int64_t local = task % w->groups, filter = task / w->groups * w->p.filters;
  int64_t filters = ck_min_i64(w->p.filters, s->out_channels - filter);
  int64_t first = (w->first_group + local) * CK_WINOGRAD_TILES, tiles = tiles_of_group(&w->p, w->first_group + local);
  float *sums = w->sums + slot * points * w->p.output_point;
  for (int64_t point = 0; point < points; point++) {
    const float *inputs = w->inputs + local * w->p.input_group + point * w->p.input_point;
    multiply_point(sums + point * w->p.output_point,
                   w->c->w + point * w->p.weight_point + filter * s->in_channels, inputs, filters,
                   ck_ceil_div(tiles, CK_GEMM_PANEL), s->in_channels,
                   point + 1 < points ? inputs + w->p.input_point : inputs);
  }
  ck_winograd_run runs[CK_WINOGRAD_TILES];
  int64_t count = runs_of(runs, &w->p, first, first + tiles);
  float rows[4 * 4 * CK_WINOGRAD_TILES];
  for (int64_t f = 0; f < filters; f++) {
    ck_dispatch()->winograd_output(rows, sums + f * CK_WINOGRAD_TILES, w->p.output_point, tiles);
    end_filter(w, rows, filter + f, runs, count);
  }
}

void ck_conv2d_winograd(const ck_conv2d_call *c) {
  winograd w = {.c = c, .p = cut_of(c->s), .inputs = c->scratch};
  w.sums = w.inputs + w.p.groups_at_once * w.p.input_group;
  w.channel_blocks = ck_ceil_div(c->s->in_channels, channels_per_task);
  for (; w.first_group < w.p.groups; w.first_group += w.groups) {
    w.groups = ck_min_i64(w.p.groups_at_once, w.p.groups - w.first_group);
    int64_t tiles = w.groups * CK_WINOGRAD_TILES;
    ck_parallel(w.groups * w.channel_blocks, tiles * c->s->in_channels * 16, transform_inputs, &w);
    ck_parallel(w.groups * w.p.filter_blocks, tiles * c->s->out_channels * (c->s->in_channels * 9 + 16), multiply, &w);
  }
}
