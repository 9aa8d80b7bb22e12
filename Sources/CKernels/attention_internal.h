/// What attention's forward and backward share.
#ifndef CK_ATTENTION_INTERNAL_H
#define CK_ATTENTION_INTERNAL_H

#include "gemm_internal.h"

static inline int64_t ck_attention_offset(const ck_attention_strides *s, int64_t batch, int64_t head) {
  return batch * s->batch + head * s->head;
}

/// How many keys a query sees.
static inline int64_t ck_attention_visible(const ck_attention *s, int64_t query) {
  return s->causal ? ck_max_i64(0, ck_min_i64(s->keys, query + 1 + s->keys - s->queries)) : s->keys;
}

#endif
