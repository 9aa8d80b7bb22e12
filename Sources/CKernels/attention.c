#include "attention_internal.h"
#include <math.h>

int64_t ck_attention_scratch(const ck_attention *sizes, int threads) {
  return threads * ck_attention_block(sizes) * sizes->keys * (int64_t)sizeof(float);
}

typedef struct forward {
  float *out, *log_sum_exp;
  const float *q, *k, *v, *mask;
  const ck_attention *s;
  float *scratch;
} forward;

static void run(void *context, int64_t task, int slot) {
  const forward *c = context;
  const ck_attention *s = c->s;
  int64_t batch = task / s->heads, head = task % s->heads, block = ck_attention_block(s);
  const float *q = c->q + ck_attention_offset(&s->q, batch, head);
  const float *k = c->k + ck_attention_offset(&s->k, batch, head);
  const float *v = c->v + ck_attention_offset(&s->v, batch, head);
  const float *mask = c->mask ? c->mask + ck_attention_offset(&s->mask, batch, head) : NULL;
  float *out = c->out + ck_attention_offset(&s->out, batch, head);
  float *scores = c->scratch + slot * block * s->keys;
  for (int64_t first = 0; first < s->queries; first += block) {
    int64_t rows = ck_min_i64(block, s->queries - first);
    int64_t keys = ck_attention_visible(s, first + rows - 1);
    ck_product_plain(scores, s->keys, q + first * s->q.token, s->q.token, false, k, s->k.token, true, rows, keys,
                     s->width, s->scale, 0.0f);
    for (int64_t i = 0; i < rows; i++) {
      float *row = scores + i * s->keys;
      int64_t visible = ck_attention_visible(s, first + i);
      float lse = ck_dispatch()->attention_row(row, mask ? mask + (first + i) * s->mask.token : NULL, visible);
      for (int64_t j = s->guarded && isnan(lse) ? 0 : visible; j < keys; j++)
        row[j] = 0.0f;
      if (c->log_sum_exp)
        c->log_sum_exp[task * s->queries + first + i] = lse;
    }
    ck_product_plain(out + first * s->out.token, s->out.token, scores, s->keys, false, v, s->v.token, false, rows,
                     s->width, keys, 1.0f, 0.0f);
    for (int64_t i = 0; !s->guarded && i < rows && ck_attention_visible(s, first + i) == 0; i++) {
      for (int64_t j = 0; j < s->width; j++)
        out[(first + i) * s->out.token + j] = NAN;
    }
  }
}

void ck_attention_f32(float *out, float *log_sum_exp, const float *q, const float *k, const float *v, const float *mask,
                      const ck_attention *sizes, void *scratch) {
  forward context = {out, log_sum_exp, q, k, v, mask, sizes, scratch};
  int64_t tasks = sizes->batch * sizes->heads;
  ck_parallel(tasks, tasks * sizes->queries * sizes->keys * (4 + sizes->width / 4), run, &context);
}
