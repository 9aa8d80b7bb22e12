#include "internal.h"

typedef struct integer_product {
  void *c;
  const void *a, *b;
  const ck_gemm *sizes;
  const ck_gemm_batch *batch;
} integer_product;

/// Elements before each operand's matrix of batch element `index`.
static void offsets(const ck_gemm_batch *batch, int64_t index, int64_t *c, int64_t *a, int64_t *b) {
  *c = *a = *b = 0;
  if (!batch)
    return;
  for (int axis = batch->rank - 1; axis >= 0; axis--) {
    int64_t at = index % batch->dims[axis];
    index /= batch->dims[axis];
    *c += at * batch->c_strides[axis];
    *a += at * batch->a_strides[axis];
    *b += at * batch->b_strides[axis];
  }
}

#define PRODUCT(suffix, type)                                                                                          \
  static void rows_##suffix(void *context, int64_t begin, int64_t end) {                                               \
    const integer_product *p = context;                                                                                \
    const ck_gemm *s = p->sizes;                                                                                       \
    for (int64_t row = begin; row < end; row++) {                                                                      \
      int64_t c_offset, a_offset, b_offset;                                                                            \
      offsets(p->batch, row / s->m, &c_offset, &a_offset, &b_offset);                                                  \
      type *c = (type *)p->c + c_offset + row % s->m * s->ldc;                                                         \
      const type *a = (const type *)p->a + a_offset + row % s->m * s->lda, *b = (const type *)p->b + b_offset;         \
      for (int64_t j = 0; j < s->n; j++)                                                                               \
        c[j] = 0;                                                                                                      \
      for (int64_t i = 0; i < s->k; i++)                                                                               \
        for (int64_t j = 0; j < s->n; j++)                                                                             \
          c[j] += a[i] * b[i * s->ldb + j];                                                                            \
    }                                                                                                                  \
  }                                                                                                                    \
  void ck_gemm_##suffix(type *c, const type *a, const type *b, const ck_gemm *sizes, const ck_gemm_batch *batch) {     \
    int64_t rows = sizes->m;                                                                                           \
    for (int axis = 0; batch && axis < batch->rank; axis++)                                                            \
      rows *= batch->dims[axis];                                                                                       \
    integer_product context = {c, a, b, sizes, batch};                                                                 \
    ck_parallel_range(rows, sizes->n * sizes->k, rows_##suffix, &context);                                             \
  }

PRODUCT(u32, uint32_t)
PRODUCT(u64, uint64_t)
