#include "attention_internal.h"
#include <string.h>

/// Queries that are worked on at once: equal blocks of at most 96.
static int64_t block_of(const ck_attention *s) {
  int64_t queries = ck_max_i64(1, s->queries);
  return ck_ceil_div(queries, ck_ceil_div(queries, 96));
}

int64_t ck_attention_gradient_scratch(const ck_attention *sizes, int threads) {
  return 2 * threads * block_of(sizes) * sizes->keys * (int64_t)sizeof(float);
}

typedef struct backward {
  float *dq, *dk, *dv;
  const float *dout, *q, *k, *v, *out, *log_sum_exp, *mask;
  const ck_attention *s;
  float *scratch;
} backward;

/// The parts of one head.
typedef struct head {
  float *dq, *dk, *dv;
  const float *dout, *q, *k, *v, *out, *log_sum_exp, *mask;
} head;

static void zero(float *x, int64_t stride, int64_t rows, int64_t width) {
  for (int64_t i = 0; i < rows; i++)
    memset(x + i * stride, 0, (size_t)width * sizeof(float));
}

/// Queries [first, first + rows): p = exp(scale · q kᵀ + mask − lse), dv += pᵀ dout, dp = dout vᵀ,
/// ds = p (dp − Σ dout · out) · scale, dq = ds k, dk += dsᵀ q.
static void run_block(const ck_attention *s, const head *h, float *p, float *dp, int64_t first, int64_t rows) {
  int64_t keys = ck_attention_visible(s, first + rows - 1), width = s->width;
  const float *q = h->q + first * s->q.token, *dout = h->dout + first * s->dout.token;
  ck_product_plain(p, s->keys, q, s->q.token, false, h->k, s->k.token, true, rows, keys, width, s->scale, 0.0f);
  ck_product_plain(dp, s->keys, dout, s->dout.token, false, h->v, s->v.token, true, rows, keys, width, 1.0f, 0.0f);
  for (int64_t i = 0; i < rows; i++) {
    int64_t query = first + i, visible = ck_attention_visible(s, query);
    float *row = p + i * s->keys;
    const float *mask = h->mask ? h->mask + query * s->mask.token : NULL;
    ck_dispatch()->attention_probabilities(row, row, mask, h->log_sum_exp[query], visible);
    for (int64_t j = visible; j < keys; j++)
      row[j] = 0.0f;
  }
  ck_product_plain(h->dv, s->dv.token, p, s->keys, true, dout, s->dout.token, false, keys, width, rows, 1.0f, 1.0f);
  for (int64_t i = 0; i < rows; i++) {
    int64_t visible = ck_attention_visible(s, first + i);
    float *row = dp + i * s->keys;
    float delta = ck_dispatch()->dot_f32(dout + i * s->dout.token, h->out + (first + i) * s->out.token, width);
    ck_dispatch()->attention_gradient_row(row, p + i * s->keys, row, delta, s->scale, visible);
    for (int64_t j = visible; j < keys; j++)
      row[j] = 0.0f;
  }
  ck_product_plain(h->dq + first * s->dq.token, s->dq.token, dp, s->keys, false, h->k, s->k.token, false, rows, width,
                   keys, 1.0f, 0.0f);
  ck_product_plain(h->dk, s->dk.token, dp, s->keys, true, q, s->q.token, false, keys, width, rows, 1.0f, 1.0f);
}

static void run(void *context, int64_t task, int slot) {
  const backward *c = context;
  const ck_attention *s = c->s;
  int64_t b = task / s->heads, n = task % s->heads, block = block_of(s);
  head h = {
      .dq = c->dq + ck_attention_offset(&s->dq, b, n),
      .dk = c->dk + ck_attention_offset(&s->dk, b, n),
      .dv = c->dv + ck_attention_offset(&s->dv, b, n),
      .dout = c->dout + ck_attention_offset(&s->dout, b, n),
      .q = c->q + ck_attention_offset(&s->q, b, n),
      .k = c->k + ck_attention_offset(&s->k, b, n),
      .v = c->v + ck_attention_offset(&s->v, b, n),
      .out = c->out + ck_attention_offset(&s->out, b, n),
      .log_sum_exp = c->log_sum_exp + task * s->queries,
      .mask = c->mask ? c->mask + ck_attention_offset(&s->mask, b, n) : NULL,
  };
  float *p = c->scratch + slot * 2 * block * s->keys, *dp = p + block * s->keys;
  zero(h.dk, s->dk.token, s->keys, s->width);
  zero(h.dv, s->dv.token, s->keys, s->width);
  for (int64_t first = 0; first < s->queries; first += block) {
    run_block(s, &h, p, dp, first, ck_min_i64(block, s->queries - first));
  }
}

void ck_attention_gradient_f32(float *dq, float *dk, float *dv, const float *dout, const float *q, const float *k,
                               const float *v, const float *out, const float *log_sum_exp, const float *mask,
                               const ck_attention *sizes, void *scratch) {
  backward context = {dq, dk, dv, dout, q, k, v, out, log_sum_exp, mask, sizes, scratch};
  int64_t tasks = sizes->batch * sizes->heads;
  ck_parallel(tasks, tasks * sizes->queries * sizes->keys * (4 + sizes->width), run, &context);
}
