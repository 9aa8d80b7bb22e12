#include "internal.h"

int64_t ck_top_k_scratch(int64_t k, int threads) { return (k > 0 ? k : 1) * 8 * threads; }

/// A heap of the k best positions so far, the worst of them on top; then sorted, best first.
#define TOP_K(suffix, type)                                                                                            \
  typedef struct top_k_##suffix {                                                                                      \
    type *values;                                                                                                      \
    int64_t *indices, *scratch;                                                                                        \
    const type *x;                                                                                                     \
    int64_t n, inner, k;                                                                                               \
    bool largest;                                                                                                      \
  } top_k_##suffix;                                                                                                    \
                                                                                                                       \
  static bool precedes_##suffix(const top_k_##suffix *c, const type *x, int64_t i, int64_t j) {                        \
    type a = x[i * c->inner], b = x[j * c->inner];                                                                     \
    bool a_odd = a != a, b_odd = b != b;                                                                               \
    if (a_odd != b_odd)                                                                                                \
      return a_odd == c->largest;                                                                                      \
    if (a_odd || a == b)                                                                                               \
      return i < j;                                                                                                    \
    return c->largest ? a > b : a < b;                                                                                 \
  }                                                                                                                    \
                                                                                                                       \
  static void sink_##suffix(const top_k_##suffix *c, const type *x, int64_t *heap, int64_t at, int64_t size) {         \
    for (;;) {                                                                                                         \
      int64_t worst = at, left = 2 * at + 1, right = left + 1;                                                         \
      if (left < size && precedes_##suffix(c, x, heap[worst], heap[left]))                                             \
        worst = left;                                                                                                  \
      if (right < size && precedes_##suffix(c, x, heap[worst], heap[right]))                                           \
        worst = right;                                                                                                 \
      if (worst == at)                                                                                                 \
        return;                                                                                                        \
      int64_t moved = heap[at];                                                                                        \
      heap[at] = heap[worst];                                                                                          \
      heap[worst] = moved;                                                                                             \
      at = worst;                                                                                                      \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  static void rank_##suffix(void *context, int64_t task, int slot) {                                                   \
    const top_k_##suffix *c = context;                                                                                 \
    int64_t *heap = c->scratch + slot * c->k, k = c->k;                                                                \
    const type *x = c->x + task / c->inner * c->n * c->inner + task % c->inner;                                        \
    for (int64_t i = 0; i < k; i++)                                                                                    \
      heap[i] = i;                                                                                                     \
    for (int64_t i = k / 2 - 1; i >= 0; i--)                                                                           \
      sink_##suffix(c, x, heap, i, k);                                                                                 \
    for (int64_t i = k; i < c->n; i++) {                                                                               \
      if (!precedes_##suffix(c, x, i, heap[0]))                                                                        \
        continue;                                                                                                      \
      heap[0] = i;                                                                                                     \
      sink_##suffix(c, x, heap, 0, k);                                                                                 \
    }                                                                                                                  \
    for (int64_t size = k - 1; size > 0; size--) {                                                                     \
      int64_t worst = heap[0];                                                                                         \
      heap[0] = heap[size];                                                                                            \
      heap[size] = worst;                                                                                              \
      sink_##suffix(c, x, heap, 0, size);                                                                              \
    }                                                                                                                  \
    int64_t out = task / c->inner * k * c->inner + task % c->inner;                                                    \
    for (int64_t i = 0; i < k; i++) {                                                                                  \
      c->indices[out + i * c->inner] = heap[i];                                                                        \
      if (c->values)                                                                                                   \
        c->values[out + i * c->inner] = x[heap[i] * c->inner];                                                         \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  void ck_top_k_##suffix(type *values, int64_t *indices, const type *x, int64_t outer, int64_t n, int64_t inner,       \
                         int64_t k, bool largest, void *scratch) {                                                     \
    if (k == 0)                                                                                                        \
      return;                                                                                                          \
    top_k_##suffix context = {values, indices, scratch, x, n, inner, k, largest};                                      \
    ck_parallel(outer *inner, outer *inner *n * 4, rank_##suffix, &context);                                           \
  }

#define CUMULATIVE_SUM(suffix, type, sum_type)                                                                         \
  typedef struct cumulative_##suffix {                                                                                 \
    type *y;                                                                                                           \
    const type *x;                                                                                                     \
    int64_t n, inner;                                                                                                  \
    bool exclusive, reverse;                                                                                           \
  } cumulative_##suffix;                                                                                               \
                                                                                                                       \
  static void sum_##suffix(void *context, int64_t begin, int64_t end) {                                                \
    const cumulative_##suffix *c = context;                                                                            \
    for (int64_t o = begin; o < end; o++) {                                                                            \
      int64_t first = o / c->inner * c->n * c->inner + o % c->inner;                                                   \
      sum_type sum = 0;                                                                                                \
      for (int64_t i = 0; i < c->n; i++) {                                                                             \
        int64_t at = first + (c->reverse ? c->n - 1 - i : i) * c->inner;                                               \
        sum_type next = sum + (sum_type)c->x[at];                                                                      \
        c->y[at] = (type)(c->exclusive ? sum : next);                                                                  \
        sum = next;                                                                                                    \
      }                                                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  void ck_cumulative_sum_##suffix(type *y, const type *x, int64_t outer, int64_t n, int64_t inner, bool exclusive,     \
                                  bool reverse) {                                                                      \
    cumulative_##suffix context = {y, x, n, inner, exclusive, reverse};                                                \
    ck_parallel_range(outer *inner, n, sum_##suffix, &context);                                                        \
  }

TOP_K(f32, float)
CUMULATIVE_SUM(f32, float, double)

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wtautological-compare"
TOP_K(i64, int64_t)
#pragma clang diagnostic pop
CUMULATIVE_SUM(i64, int64_t, uint64_t)
