#include "internal.h"

/// The position of the largest of n elements `inner` apart.
#define ARGMAX(suffix, type)                                                                                           \
  typedef struct argmax_##suffix {                                                                                     \
    int64_t *out;                                                                                                      \
    const type *x;                                                                                                     \
    int64_t n, inner;                                                                                                  \
    bool last;                                                                                                         \
  } argmax_##suffix;                                                                                                   \
  static void range_##suffix(void *context, int64_t begin, int64_t end) {                                              \
    const argmax_##suffix *c = context;                                                                                \
    for (int64_t o = begin; o < end; o++) {                                                                            \
      const type *x = c->x + o / c->inner * c->n * c->inner + o % c->inner;                                            \
      int64_t best = 0;                                                                                                \
      for (int64_t i = 1; i < c->n; i++) {                                                                             \
        type v = x[i * c->inner], m = x[best * c->inner];                                                              \
        if (v > m || (v != v && m == m) || (c->last && (v == m || (v != v && m != m))))                                \
          best = i;                                                                                                    \
      }                                                                                                                \
      c->out[o] = best;                                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
  void ck_argmax_##suffix(int64_t *out, const type *x, int64_t outer, int64_t n, int64_t inner, bool last) {           \
    argmax_##suffix context = {out, x, n, inner, last};                                                                \
    ck_parallel_range(outer *inner, n, range_##suffix, &context);                                                      \
  }

ARGMAX(f32, float)

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wtautological-compare"
ARGMAX(i64, int64_t)
ARGMAX(i32, int32_t)
#pragma clang diagnostic pop
