#include "conv2d_internal.h"

enum {
  points = CK_WINOGRAD_POINTS,
  block = CK_WINOGRAD_FILTERS,
  pad = 16, // elements between points, so that they do not fall on the same sets of a cache
  wanted_tasks = 8,
  channels_per_task = 8,
  own_groups = 6,              // from which on tasks transform their own inputs
  least_tiles = 32,            // of a task that transforms its own inputs
  most_own_inputs = 160 << 10, // elements of these
  most_own_sums = 64 << 10,    // elements of its transformed outputs at once
  most_inputs = 3 << 20,       // elements of transformed inputs that tasks share
  most_sums = 120 << 10        // elements of transformed outputs of such a task
};

/// How the work is cut. Tiles, counted over all images, go by groups, transformed to inputs [point][panel][channel]
/// [CK_GEMM_PANEL]. Where these stay in a core's cache, a task does all for one group. Otherwise tasks transform as
/// many groups as there is room for, channel by channel, and others multiply them, filter by filter.
typedef struct cut {
  int64_t down, across, tiles, group, groups, groups_at_once, filters, filter_blocks;
  bool own_inputs;
  /// Elements from one point to the next of inputs, outputs and weights; from one group to the next of inputs.
  int64_t input_point, output_point, weight_point, input_group;
} cut;

static int64_t whole_panels(int64_t tiles) { return ck_ceil_div(tiles, CK_GEMM_PANEL) * CK_GEMM_PANEL; }

static cut cut_of(const ck_conv2d *s) {
  cut p = {.down = ck_ceil_div(s->out_height, 4), .across = ck_ceil_div(s->out_width, 4)};
  p.tiles = s->batch * p.down * p.across;
  int64_t own = most_own_inputs / (points * ck_max_i64(1, s->in_channels)) / CK_GEMM_PANEL * CK_GEMM_PANEL;
  own = ck_min_i64(own, CK_WINOGRAD_TILES);
  p.own_inputs = own >= least_tiles && p.tiles >= own_groups * least_tiles;
  own = ck_min_i64(own, ck_max_i64(least_tiles, p.tiles / wanted_tasks / CK_GEMM_PANEL * CK_GEMM_PANEL));
  p.group = p.own_inputs ? own : ck_min_i64(CK_WINOGRAD_TILES, whole_panels(ck_max_i64(1, p.tiles)));
  p.groups = ck_ceil_div(p.tiles, p.group);
  p.input_point = s->in_channels * p.group + pad;
  p.input_group = points * p.input_point;
  p.weight_point = ck_conv2d_winograd_elements(s) / points;
  p.groups_at_once = ck_max_i64(1, ck_min_i64(p.groups, most_inputs / p.input_group));
  int64_t blocks = ck_ceil_div(s->out_channels, block), room = p.own_inputs ? most_own_sums : most_sums;
  int64_t parts = ck_ceil_div(s->out_channels, ck_max_i64(1, room / (points * p.group)));
  if (!p.own_inputs)
    parts = ck_max_i64(parts, ck_ceil_div(wanted_tasks, p.groups_at_once));
  p.filters = ck_max_i64(1, ck_ceil_div(blocks, parts)) * block;
  p.filter_blocks = ck_ceil_div(s->out_channels, p.filters);
  p.output_point = p.filters * p.group + pad;
  return p;
}

int64_t ck_conv2d_winograd_scratch(const ck_conv2d *s, int threads) {
  cut p = cut_of(s);
  return (p.own_inputs ? threads : p.groups_at_once) * p.input_group + threads * points * p.output_point;
}

typedef struct winograd {
  const ck_conv2d_call *c;
  cut p;
  float *inputs, *sums;
  int64_t first_group, channel_blocks, groups;
} winograd;

/// The tiles of a group, row by row.
typedef struct tile_group {
  ck_winograd_run runs[CK_WINOGRAD_TILES];
  int64_t count, tiles;
} tile_group;

static void find_tiles(tile_group *g, const cut *p, int64_t group) {
  int64_t first = group * p->group, last = ck_min_i64(first + p->group, p->tiles);
  g->tiles = last - first;
  g->count = 0;
  for (int64_t t = first; t < last; g->count++) {
    int64_t x = t % p->across, row = t / p->across;
    ck_winograd_run run = {row / p->down, 4 * (row % p->down), 4 * x, t - first, ck_min_i64(last - t, p->across - x)};
    g->runs[g->count] = run;
    t += run.tiles;
  }
}

static void transform_inputs(const winograd *w, float *inputs, const tile_group *g, int64_t channel, int64_t channels) {
  const ck_conv2d *s = w->c->s;
  for (int64_t last = channel + channels; channel < last; channel++)
    ck_dispatch()->winograd_input(inputs + channel * CK_GEMM_PANEL, w->p.input_point, s->in_channels * CK_GEMM_PANEL,
                                  w->c->x + channel * s->in_height * s->in_width, s, g->runs, g->count);
}

/// Outputs of one filter: rows [4, 4 · CK_WINOGRAD_TILES].
static void end_filter(const winograd *w, const float *rows, int64_t filter, const tile_group *g) {
  const ck_conv2d *s = w->c->s;
  for (const ck_winograd_run *run = g->runs; run < g->runs + g->count; run++) {
    int64_t plane = (run->image * s->out_channels + filter) * w->c->g.pixels;
    int64_t height = ck_min_i64(4, s->out_height - run->y), width = ck_min_i64(4 * run->tiles, s->out_width - run->x);
    for (int64_t i = 0; i < height; i++)
      ck_conv2d_end_run(w->c, plane + (run->y + i) * s->out_width + run->x, filter,
                        rows + i * 4 * CK_WINOGRAD_TILES + 4 * run->tile, width, w->c->residual);
  }
}

/// What is multiplied at one point: weights [filters / block][channels][block], inputs [panels][channels]
/// [CK_GEMM_PANEL].
typedef struct factors {
  const float *weights, *inputs;
} factors;

/// sums [filters, group] = weights · inputs, for `panels` panels of tiles; then comes `next`. The first pass over the
/// weights calls those that follow into the cache, the last one the inputs.
static void multiply_point(float *sums, factors f, factors next, int64_t group, int64_t filters, int64_t panels,
                           int64_t channels) {
  const ck_gemm_tiles *tiles = ck_dispatch()->gemm_tiles;
  ck_gemm_strips strips = {
      .k = channels, .a_row = 1, .a_step = block, .b_panel = channels * CK_GEMM_PANEL, .b_step = CK_GEMM_PANEL};
  for (int64_t panel = 0, width; panel < panels; panel += width) {
    width = panel + 2 <= panels && tiles->rows[2] == block ? 2 : 1;
    const float *b = f.inputs + panel * strips.b_panel, *after = b + width * strips.b_panel;
    strips.next = (const char *)(panel + width < panels ? after : next.inputs);
    strips.next_step = ck_ceil_div(CK_GEMM_PANEL * (int64_t)sizeof(float), ck_ceil_div(filters, tiles->rows[width]));
    for (int64_t i = 0, height; i < filters; i += height) {
      height = ck_min_i64(tiles->rows[width], filters - i);
      const float *a = f.weights + i / block * block * channels + i % block;
      if (panel == 0) {
        strips.next = (const char *)(i + block < filters ? a + block * channels : next.weights);
        strips.next_step = block * (int64_t)sizeof(float);
      }
      tiles->run[width][height](sums + i * group + panel * CK_GEMM_PANEL, group, &strips, a, b, NULL);
      strips.next += strips.next_step * channels;
    }
  }
}

/// The outputs of filters [filter, filter + w->p.filters).
static void multiply(const winograd *w, const float *inputs, float *sums, const tile_group *g, int64_t filter) {
  const ck_conv2d *s = w->c->s;
  int64_t filters = ck_min_i64(w->p.filters, s->out_channels - filter);
  factors f = {w->c->w + filter * s->in_channels, inputs};
  for (int64_t point = 0; point < points; point++) {
    factors next = {f.weights + w->p.weight_point, f.inputs + w->p.input_point};
    multiply_point(sums + point * w->p.output_point, f, point + 1 < points ? next : f, w->p.group, filters,
                   ck_ceil_div(g->tiles, CK_GEMM_PANEL), s->in_channels);
    f = next;
  }
  float rows[4 * 4 * CK_WINOGRAD_TILES];
  for (int64_t f = 0; f < filters; f++) {
    ck_dispatch()->winograd_output(rows, sums + f * w->p.group, w->p.output_point, g->tiles);
    end_filter(w, rows, filter + f, g);
  }
}

static void run_transform(void *context, int64_t task, int slot) {
  (void)slot;
  const winograd *w = context;
  tile_group g;
  find_tiles(&g, &w->p, w->first_group + task / w->channel_blocks);
  int64_t channel = task % w->channel_blocks * channels_per_task;
  transform_inputs(w, w->inputs + task / w->channel_blocks * w->p.input_group, &g, channel,
                   ck_min_i64(channels_per_task, w->c->s->in_channels - channel));
}

static void run_multiply(void *context, int64_t task, int slot) {
  const winograd *w = context;
  tile_group g;
  find_tiles(&g, &w->p, w->first_group + task % w->groups);
  multiply(w, w->inputs + task % w->groups * w->p.input_group, w->sums + slot * points * w->p.output_point, &g,
           task / w->groups * w->p.filters);
}

static void run_group(void *context, int64_t task, int slot) {
  const winograd *w = context;
  tile_group g;
  find_tiles(&g, &w->p, task);
  float *inputs = w->inputs + slot * (w->p.input_group + points * w->p.output_point);
  transform_inputs(w, inputs, &g, 0, w->c->s->in_channels);
  for (int64_t filter = 0; filter < w->c->s->out_channels; filter += w->p.filters)
    multiply(w, inputs, inputs + w->p.input_group, &g, filter);
}

void ck_conv2d_winograd(const ck_conv2d_call *c) {
  winograd w = {.c = c, .p = cut_of(c->s), .inputs = c->scratch};
  int64_t cost = w.p.tiles * c->s->in_channels * c->s->out_channels * 9;
  if (w.p.own_inputs) {
    ck_parallel(w.p.groups, cost, run_group, &w);
    return;
  }
  w.sums = w.inputs + w.p.groups_at_once * w.p.input_group;
  w.channel_blocks = ck_ceil_div(c->s->in_channels, channels_per_task);
  for (; w.first_group < w.p.groups; w.first_group += w.groups) {
    w.groups = ck_min_i64(w.p.groups_at_once, w.p.groups - w.first_group);
    ck_parallel(w.groups * w.channel_blocks, cost, run_transform, &w);
    ck_parallel(w.groups * w.p.filter_blocks, cost, run_multiply, &w);
  }
}
