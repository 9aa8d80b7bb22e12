#include "internal.h"

/// The place that element `i` of the indices points to.
static int64_t place(const ck_elements *plan, const void *indices, ck_type type, int64_t i) {
  int64_t index = type == CK_I32 ? ((const int32_t *)indices)[i] : ((const int64_t *)indices)[i];
  if (index < 0)
    index = index < -plan->extent ? 0 : index + plan->extent;
  int64_t at = (index >= plan->extent ? plan->extent - 1 : index) * plan->stride;
  for (int d = plan->rank - 1; d >= 0; d--) {
    at += i % plan->dims[d] * plan->strides[d];
    i /= plan->dims[d];
  }
  return at;
}

static void move(void *out, int64_t to, const void *x, int64_t from, int size) {
  switch (size) {
  case 1:
    ((uint8_t *)out)[to] = ((const uint8_t *)x)[from];
    break;
  case 2:
    ((uint16_t *)out)[to] = ((const uint16_t *)x)[from];
    break;
  case 4:
    ((uint32_t *)out)[to] = ((const uint32_t *)x)[from];
    break;
  default:
    ((uint64_t *)out)[to] = ((const uint64_t *)x)[from];
    break;
  }
}

typedef struct reading {
  void *out;
  const void *x, *indices;
  ck_type type;
  const ck_elements *plan;
  int size;
} reading;

static void read_range(void *context, int64_t begin, int64_t end) {
  const reading *c = context;
  for (int64_t i = begin; i < end; i++)
    move(c->out, i, c->x, place(c->plan, c->indices, c->type, i), c->size);
}

void ck_gather_elements(void *out, const void *x, const void *indices, ck_type index_type, const ck_elements *plan,
                        int element_size) {
  reading context = {out, x, indices, index_type, plan, element_size};
  ck_parallel_range(plan->count, 4 * plan->rank + 4, read_range, &context);
}

void ck_scatter_elements(void *out, const void *indices, ck_type index_type, const void *updates,
                         const ck_elements *plan, int element_size) {
  for (int64_t i = 0; i < plan->count; i++)
    move(out, place(plan, indices, index_type, i), updates, i, element_size);
}

#define SCATTER(suffix, type, wide)                                                                                    \
  void ck_scatter_elements_##suffix(ck_scatter_op op, type *out, const void *indices, ck_type index_type,              \
                                    const type *updates, const ck_elements *plan) {                                    \
    for (int64_t i = 0; i < plan->count; i++) {                                                                        \
      type *at = out + place(plan, indices, index_type, i), v = updates[i];                                            \
      switch (op) {                                                                                                    \
      case CK_SCATTER_ADD:                                                                                             \
        *at = (type)((wide)*at + (wide)v);                                                                             \
        break;                                                                                                         \
      case CK_SCATTER_MUL:                                                                                             \
        *at = (type)((wide)*at * (wide)v);                                                                             \
        break;                                                                                                         \
      case CK_SCATTER_MIN:                                                                                             \
        *at = v < *at ? v : *at;                                                                                       \
        break;                                                                                                         \
      case CK_SCATTER_MAX:                                                                                             \
        *at = v > *at ? v : *at;                                                                                       \
        break;                                                                                                         \
      }                                                                                                                \
    }                                                                                                                  \
  }

SCATTER(f32, float, float)
SCATTER(i64, int64_t, uint64_t)
