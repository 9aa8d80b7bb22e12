/// What attention's forward and backward share.
#ifndef CK_ATTENTION_INTERNAL_H
#define CK_ATTENTION_INTERNAL_H

#include "internal.h"

/// Queries that are worked on at once: equal blocks of at most 96.
static inline int64_t ck_attention_block(const ck_attention *s) {
  int64_t queries = ck_max_i64(1, s->queries);
  return ck_ceil_div(queries, ck_ceil_div(queries, 96));
}

static inline int64_t ck_attention_offset(const ck_attention_strides *s, int64_t batch, int64_t head) {
  return batch * s->batch + head * s->head;
}

/// How many keys a query sees.
static inline int64_t ck_attention_visible(const ck_attention *s, int64_t query) {
  return s->causal ? ck_max_i64(0, ck_min_i64(s->keys, query + 1 + s->keys - s->queries)) : s->keys;
}

/// c [m, n] = alpha · op(a) op(b) + beta · c on the calling thread.
void ck_attention_product(float *c, int64_t ldc, const float *a, int64_t lda, bool transpose_a, const float *b,
                          int64_t ldb, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, float beta);

#endif
