#include "attention_internal.h"
#include <math.h>
#include <string.h>

/// Queries of a tile: as many as rows of the tallest tile of a product.
enum { most_rows = CK_GEMM_MOST_ROWS };

typedef struct forward {
  float *out, *log_sum_exp;
  const float *q, *k, *v, *mask;
  const ck_attention *s;
  /// Queries are cut into `tiles` of equal heights, up to one; `height` is the largest.
  int64_t tiles, height;
  /// Keys and the width of a head, rounded up to whole panels.
  int64_t columns, padded_width;
  float *scratch;
} forward;

static int64_t whole_panels(int64_t n) { return ck_ceil_div(n, CK_GEMM_PANEL) * CK_GEMM_PANEL; }

static forward plan(const ck_attention *s) {
  int64_t tiles = ck_max_i64(1, ck_ceil_div(s->queries, most_rows));
  return (forward){.s = s,
                   .tiles = tiles,
                   .height = ck_ceil_div(s->queries, tiles),
                   .columns = whole_panels(s->keys),
                   .padded_width = whole_panels(s->width)};
}

/// The elements of one thread's scratch: the panels of kᵀ, v, and the scores of a tile.
static int64_t elements(const forward *c) {
  return c->columns * c->s->width + c->s->keys * c->padded_width + c->height * c->columns;
}

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

static void run(void *context, int64_t task, int slot) {
  const forward *c = context;
  const ck_attention *s = c->s;
  const ck_kernels *kernels = ck_dispatch();
  int64_t batch = task / s->heads, head = task % s->heads;
  const float *q = c->q + ck_attention_offset(&s->q, batch, head);
  const float *mask = c->mask ? c->mask + ck_attention_offset(&s->mask, batch, head) : NULL;
  float *out = c->out + ck_attention_offset(&s->out, batch, head);
  float *keys = c->scratch + slot * elements(c), *values = keys + c->columns * s->width;
  float *scores = values + s->keys * c->padded_width;
  ck_product products = {.c = scores,
                         .b = keys,
                         .g = {.k = s->width,
                               .lda = s->q.token,
                               .ldb = s->k.token,
                               .ldc = c->columns,
                               .transpose_b = true,
                               .packed_b = true,
                               .alpha = 1.0f}};
  ck_product weighted = {
      .a = scores,
      .b = values,
      .g = {.n = s->width, .lda = c->columns, .ldb = c->padded_width, .ldc = s->out.token, .alpha = 1.0f},
      .in_place = true};
  ck_product_pack(keys, c->k + ck_attention_offset(&s->k, batch, head), &products.g, 0, s->width, 0, s->keys);
  pack_values(c, values, c->v + ck_attention_offset(&s->v, batch, head));
  for (int64_t tile = 0; tile < c->tiles; tile++) {
    int64_t first = tile * s->queries / c->tiles, rows = (tile + 1) * s->queries / c->tiles - first;
    int64_t visible = ck_attention_visible(s, first + rows - 1), columns = whole_panels(visible);
    products.a = q + first * s->q.token;
    products.g.m = rows;
    products.g.n = columns;
    ck_product_run(&products, 0, rows, 0, columns);
    for (int64_t i = 0; i < rows; i++) {
      float *log_sum_exp = c->log_sum_exp ? c->log_sum_exp + task * s->queries + first + i : NULL;
      kernels->attention_row(scores + i * c->columns, log_sum_exp, mask ? mask + (first + i) * s->mask.token : NULL,
                             s->scale, s->guarded, ck_attention_visible(s, first + i), columns);
    }
    weighted.c = out + first * s->out.token;
    weighted.g.m = rows;
    weighted.g.k = visible;
    ck_product_run(&weighted, 0, rows, 0, s->width);
    for (int64_t i = 0; !s->guarded && i < rows && ck_attention_visible(s, first + i) == 0; i++) {
      for (int64_t j = 0; j < s->width; j++)
        weighted.c[i * s->out.token + j] = NAN;
    }
  }
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
  int64_t tasks = sizes->batch * sizes->heads;
  ck_parallel(tasks, tasks * sizes->keys * (sizes->queries * (4 + sizes->width / 4) + sizes->width / 2), run, &context);
}
