#include "internal.h"

typedef struct unary {
  ck_unary_op op;
  void *y;
  const void *x, *dy;
} unary;

static void range_f32(void *context, int64_t begin, int64_t end) {
  const unary *c = context;
  ck_dispatch()->unary_f32(c->op, (float *)c->y + begin, (const float *)c->x + begin, end - begin);
}

/// Rough element operations of one element.
static int64_t cost(ck_unary_op op) {
  switch (op) {
  case CK_NEG:
  case CK_ABS:
  case CK_RELU:
  case CK_SQUARE:
    return 1;
  case CK_LOG:
  case CK_COS:
  case CK_SIN:
  case CK_TAN:
  case CK_ASIN:
  case CK_ACOS:
  case CK_ATAN:
  case CK_SINH:
  case CK_COSH:
  case CK_ASINH:
  case CK_ACOSH:
  case CK_ATANH:
  case CK_LOG1P:
    return 16;
  default:
    return 4;
  }
}

void ck_unary_f32(ck_unary_op op, float *y, const float *x, int64_t n) {
  unary context = {op, y, x, NULL};
  ck_parallel_range(n, cost(op), range_f32, &context);
}

static void gradient_range_f32(void *context, int64_t begin, int64_t end) {
  const unary *c = context;
  ck_dispatch()->unary_gradient_f32(c->op, (float *)c->y + begin, (const float *)c->dy + begin,
                                    (const float *)c->x + begin, end - begin);
}

void ck_unary_gradient_f32(ck_unary_op op, float *dx, const float *dy, const float *input, int64_t n) {
  unary context = {op, dx, input, dy};
  ck_parallel_range(n, cost(op), gradient_range_f32, &context);
}

#define INTEGER(suffix, type, unsigned_type)                                                                           \
  static void range_##suffix(void *context, int64_t begin, int64_t end) {                                              \
    const unary *c = context;                                                                                          \
    type *y = c->y;                                                                                                    \
    const type *x = c->x;                                                                                              \
    for (int64_t i = begin; i < end; i++) {                                                                            \
      unsigned_type v = (unsigned_type)x[i];                                                                           \
      if (c->op == CK_NEG || (c->op == CK_ABS && x[i] < 0))                                                            \
        v = 0 - v;                                                                                                     \
      if (c->op == CK_SQUARE)                                                                                          \
        v = v * v;                                                                                                     \
      if (c->op == CK_RELU && x[i] < 0)                                                                                \
        v = 0;                                                                                                         \
      if (c->op == CK_SIGN)                                                                                            \
        v = (unsigned_type)((x[i] > 0) - (x[i] < 0));                                                                  \
      y[i] = (type)v;                                                                                                  \
    }                                                                                                                  \
  }                                                                                                                    \
  void ck_unary_##suffix(ck_unary_op op, type *y, const type *x, int64_t n) {                                          \
    unary context = {op, y, x, NULL};                                                                                  \
    ck_parallel_range(n, 2, range_##suffix, &context);                                                                 \
  }

INTEGER(i64, int64_t, uint64_t)
INTEGER(i32, int32_t, uint32_t)

static void range_not(void *context, int64_t begin, int64_t end) {
  const unary *c = context;
  for (int64_t i = begin; i < end; i++)
    ((uint8_t *)c->y)[i] = ((const uint8_t *)c->x)[i] == 0;
}

void ck_not(uint8_t *y, const uint8_t *x, int64_t n) {
  unary context = {CK_NEG, y, x, NULL};
  ck_parallel_range(n, 1, range_not, &context);
}

static void range_is_nan(void *context, int64_t begin, int64_t end) {
  const unary *c = context;
  const float *x = c->x;
  for (int64_t i = begin; i < end; i++)
    ((uint8_t *)c->y)[i] = x[i] != x[i];
}

void ck_is_nan_f32(uint8_t *y, const float *x, int64_t n) {
  unary context = {CK_NEG, y, x, NULL};
  ck_parallel_range(n, 1, range_is_nan, &context);
}

#define CLIP(suffix, type)                                                                                             \
  typedef struct clip_##suffix {                                                                                       \
    type *y;                                                                                                           \
    const type *x;                                                                                                     \
    type low, high;                                                                                                    \
  } clip_##suffix;                                                                                                     \
  static void range_clip_##suffix(void *context, int64_t begin, int64_t end) {                                         \
    const clip_##suffix c = *(const clip_##suffix *)context;                                                           \
    for (int64_t i = begin; i < end; i++) {                                                                            \
      type v = c.x[i];                                                                                                 \
      v = v < c.low ? c.low : v;                                                                                       \
      c.y[i] = v > c.high ? c.high : v;                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
  void ck_clip_##suffix(type *y, const type *x, int64_t n, type low, type high) {                                      \
    clip_##suffix context = {y, x, low, high};                                                                         \
    ck_parallel_range(n, 1, range_clip_##suffix, &context);                                                            \
  }

CLIP(f32, float)
CLIP(i64, int64_t)
CLIP(i32, int32_t)
