#include "attention_internal.h"
#include <math.h>
#include <string.h>

enum {
  most_rows = CK_GEMM_MOST_ROWS, // queries of a tile
  most_tasks = 32,
  line = 16 // elements of a cache line
};

typedef struct forward {
  float *out, *log_sum_exp;
  const float *q, *k, *v, *mask;
  const ck_attention *s;
  /// Queries are cut into `tiles` of equal heights, up to one; `height` is the largest.
  int64_t tiles, height;
  /// Keys and the width of a head, rounded up to whole panels.
  int64_t columns, padded_width;
  /// Elements of a copy of v whose rows are whole panels; 0 where they are so as they lie.
  int64_t values;
  /// Runs of heads, counted over the batch.
  int64_t tasks;
  float *scratch;
} forward;

static int64_t whole_panels(int64_t n) { return ck_ceil_div(n, CK_GEMM_PANEL) * CK_GEMM_PANEL; }

static forward plan(const ck_attention *s) {
  int64_t tiles = ck_max_i64(1, ck_ceil_div(s->queries, most_rows));
  return (forward){.s = s,
                   .tiles = tiles,
                   .height = ck_ceil_div(s->queries, tiles),
                   .columns = whole_panels(s->keys),
                   .padded_width = whole_panels(s->width),
                   .values = s->width % CK_GEMM_PANEL == 0 ? 0 : s->keys * whole_panels(s->width),
                   .tasks = ck_min_i64(most_tasks, s->batch * s->heads)};
}

/// The elements of one thread's scratch: the panels of kᵀ, the copy of v, and the scores of a tile.
static int64_t elements(const forward *c) { return c->columns * c->s->width + c->values + c->height * c->columns; }

int64_t ck_attention_scratch(const ck_attention *sizes, int threads) {
  forward c = plan(sizes);
  return threads * elements(&c) * (int64_t)sizeof(float);
}

/// packed [keys, padded_width] = v; zeros fill its rows.
static void pack_values(const forward *c, float *packed, const float *v) {
  int64_t width = c->s->width, rest = c->padded_width - width;
  for (int64_t j = 0; j < c->s->keys; j++, packed += c->padded_width) {
    memcpy(packed, v + j * c->s->v.token, (size_t)width * sizeof(float));
    memset(packed + width, 0, (size_t)rest * sizeof(float));
  }
}

/// Calls keys and values [begin, end) of a head into the second cache.
static void call_ahead(const forward *c, int64_t task, int64_t begin, int64_t end) {
  const ck_attention *s = c->s;
  const float *k = c->k + ck_attention_offset(&s->k, task / s->heads, task % s->heads);
  const float *v = c->v + ck_attention_offset(&s->v, task / s->heads, task % s->heads);
  for (int64_t j = begin; j < end; j++) {
    for (int64_t i = 0; i < s->width; i += line) {
      __builtin_prefetch(k + j * s->k.token + i, 0, 2);
      __builtin_prefetch(v + j * s->v.token + i, 0, 2);
    }
  }
}

/// One head of one batch element; meanwhile keys and values of the head `next` are called ahead, if there is one.
static void run_head(const forward *c, float *scratch, int64_t at, int64_t next) {
  const ck_attention *s = c->s;
  int64_t batch = at / s->heads, head = at % s->heads;
  const float *q = c->q + ck_attention_offset(&s->q, batch, head);
  const float *v = c->v + ck_attention_offset(&s->v, batch, head);
  const float *mask = c->mask ? c->mask + ck_attention_offset(&s->mask, batch, head) : NULL;
  float *out = c->out + ck_attention_offset(&s->out, batch, head);
  float *keys = scratch, *values = keys + c->columns * s->width, *scores = values + c->values;
  ck_product products = {
      .c = scores,
      .b = keys,
      .g = {.k = s->width, .lda = s->q.token, .ldb = s->k.token, .transpose_b = true, .packed_b = true, .alpha = 1.0f}};
  ck_product weighted = {
      .a = scores,
      .b = c->values > 0 ? values : v,
      .g = {.n = s->width, .ldb = c->values > 0 ? c->padded_width : s->v.token, .ldc = s->out.token, .alpha = 1.0f},
      .in_place = true};
  ck_product_pack(keys, c->k + ck_attention_offset(&s->k, batch, head), &products.g, 0, s->width, 0, s->keys);
  if (c->values > 0)
    pack_values(c, values, v);
  for (int64_t tile = 0; tile < c->tiles; tile++) {
    int64_t first = tile * s->queries / c->tiles, rows = (tile + 1) * s->queries / c->tiles - first;
    int64_t visible = ck_attention_visible(s, first + rows - 1), columns = whole_panels(visible);
    if (next < s->batch * s->heads)
      call_ahead(c, next, tile * s->keys / c->tiles, (tile + 1) * s->keys / c->tiles);
    products.a = q + first * s->q.token;
    products.g.m = rows;
    products.g.n = products.g.ldc = columns;
    ck_product_run(&products, 0, rows, 0, columns);
    ck_attention_rows weights = {.rows = rows,
                                 .columns = columns,
                                 .visible = s->causal ? first + 1 + s->keys - s->queries : s->keys,
                                 .step = s->causal,
                                 .scale = s->scale,
                                 .guarded = s->guarded,
                                 .mask = mask ? mask + first * s->mask.token : NULL,
                                 .mask_row = s->mask.token,
                                 .log_sum_exp = c->log_sum_exp ? c->log_sum_exp + at * s->queries + first : NULL};
    ck_dispatch()->attention_weights(scores, &weights);
    weighted.c = out + first * s->out.token;
    weighted.g.m = rows;
    weighted.g.k = visible;
    weighted.g.lda = columns;
    ck_product_run(&weighted, 0, rows, 0, s->width);
    for (int64_t i = 0; !s->guarded && i < rows && ck_attention_visible(s, first + i) == 0; i++) {
      for (int64_t j = 0; j < s->width; j++)
        weighted.c[i * s->out.token + j] = NAN;
    }
  }
}

static void run(void *context, int64_t task, int slot) {
  const forward *c = context;
  int64_t heads = c->s->batch * c->s->heads;
  int64_t begin = task * heads / c->tasks, end = (task + 1) * heads / c->tasks;
  for (int64_t at = begin; at < end; at++)
    run_head(c, c->scratch + slot * elements(c), at, at + 1 < end ? at + 1 : heads);
}

void ck_attention_f32(float *out, float *log_sum_exp, const float *q, const float *k, const float *v, const float *mask,
                      const ck_attention *sizes, void *scratch) {
  forward context = plan(sizes);
  context.out = out;
  context.log_sum_exp = log_sum_exp;
  context.q = q;
  context.k = k;
  context.v = v;
  context.mask = mask;
  context.scratch = scratch;
  int64_t cost = sizes->keys * (sizes->queries * (4 + sizes->width / 4) + sizes->width / 2);
  ck_parallel(context.tasks, sizes->batch * sizes->heads * cost, run, &context);
}
