#include "internal.h"

typedef struct comparison {
  int op;
  uint8_t *out;
  const void *a, *b;
  int64_t a_stride, b_stride;
} comparison;

static void run(int op, uint8_t *out, const void *a, const void *b, const ck_broadcast *plan, ck_broadcast_row *row) {
  int last = plan->rank - 1;
  comparison context = {op, out, a, b, plan->strides[0][last], plan->strides[1][last]};
  ck_broadcast_run(plan, 2, row, &context);
}

#define LOOP(expression)                                                                                               \
  for (int64_t i = 0; i < n; i++) {                                                                                    \
    l = a[i * c->a_stride], r = b[i * c->b_stride];                                                                    \
    out[i] = (expression);                                                                                             \
  }                                                                                                                    \
  return;

#define COMPARE(suffix, type)                                                                                          \
  static void row_##suffix(const void *context, int64_t at, const int64_t *operands, int64_t n) {                      \
    const comparison *c = context;                                                                                     \
    uint8_t *out = c->out + at;                                                                                        \
    const type *a = (const type *)c->a + operands[0], *b = (const type *)c->b + operands[1];                           \
    type l, r;                                                                                                         \
    switch ((ck_compare_op)c->op) {                                                                                    \
    case CK_EQUAL:                                                                                                     \
      LOOP(l == r)                                                                                                     \
    case CK_LESS:                                                                                                      \
      LOOP(l < r)                                                                                                      \
    case CK_LESS_OR_EQUAL:                                                                                             \
      LOOP(l <= r)                                                                                                     \
    case CK_GREATER:                                                                                                   \
      LOOP(l > r)                                                                                                      \
    case CK_GREATER_OR_EQUAL:                                                                                          \
      LOOP(l >= r)                                                                                                     \
    }                                                                                                                  \
  }                                                                                                                    \
  void ck_compare_##suffix(ck_compare_op op, uint8_t *out, const type *a, const type *b, const ck_broadcast *plan) {   \
    run(op, out, a, b, plan, row_##suffix);                                                                            \
  }

COMPARE(f32, float)
COMPARE(i64, int64_t)
COMPARE(i32, int32_t)
COMPARE(u64, uint64_t)
COMPARE(u8, uint8_t)

static void row_logical(const void *context, int64_t at, const int64_t *operands, int64_t n) {
  const comparison *c = context;
  uint8_t *out = c->out + at;
  const uint8_t *a = (const uint8_t *)c->a + operands[0], *b = (const uint8_t *)c->b + operands[1];
  uint8_t l, r;
  switch ((ck_logical_op)c->op) {
  case CK_AND:
    LOOP((l != 0) & (r != 0))
  case CK_OR:
    LOOP((l != 0) | (r != 0))
  case CK_XOR:
    LOOP((l != 0) ^ (r != 0))
  }
}

void ck_logical(ck_logical_op op, uint8_t *out, const uint8_t *a, const uint8_t *b, const ck_broadcast *plan) {
  run(op, out, a, b, plan, row_logical);
}

typedef struct choice {
  void *out;
  const uint8_t *condition;
  const void *a, *b;
  int64_t condition_stride, a_stride, b_stride;
} choice;

#define CHOOSE(type)                                                                                                   \
  static void choose_##type(const void *context, int64_t at, const int64_t *operands, int64_t n) {                     \
    const choice *c = context;                                                                                         \
    type *out = (type *)c->out + at;                                                                                   \
    const uint8_t *condition = c->condition + operands[0];                                                             \
    const type *a = (const type *)c->a + operands[1], *b = (const type *)c->b + operands[2];                           \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
      type l = a[i * c->a_stride], r = b[i * c->b_stride];                                                             \
      out[i] = condition[i * c->condition_stride] ? l : r;                                                             \
    }                                                                                                                  \
  }

CHOOSE(uint8_t)
CHOOSE(uint16_t)
CHOOSE(uint32_t)
CHOOSE(uint64_t)

void ck_where(void *out, const uint8_t *condition, const void *a, const void *b, const ck_broadcast *plan,
              int element_size) {
  int last = plan->rank - 1;
  choice context = {out, condition, a, b, plan->strides[0][last], plan->strides[1][last], plan->strides[2][last]};
  ck_broadcast_row *row = element_size == 1   ? choose_uint8_t
                          : element_size == 2 ? choose_uint16_t
                          : element_size == 4 ? choose_uint32_t
                                              : choose_uint64_t;
  ck_broadcast_run(plan, 2, row, &context);
}
