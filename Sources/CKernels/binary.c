#include "internal.h"

typedef struct binary_f32 {
  ck_binary_op op;
  float *out;
  const float *a, *b;
  int64_t a_stride, b_stride;
  const ck_kernels *kernels;
} binary_f32;

static void row_f32(const void *context, int64_t out, const int64_t *operands, int64_t n) {
  const binary_f32 *c = context;
  c->kernels->binary_f32(c->op, c->out + out, c->a + operands[0], c->a_stride, c->b + operands[1], c->b_stride, n);
}

void ck_binary_f32(ck_binary_op op, float *out, const float *a, const float *b, const ck_broadcast *plan) {
  int last = plan->rank - 1;
  binary_f32 context = {op, out, a, b, plan->strides[0][last], plan->strides[1][last], ck_dispatch()};
  ck_broadcast_run(plan, op == CK_POW || op >= CK_MOD ? 16 : 1, row_f32, &context);
}

#define NAME(stem) stem##_i64
#define PUBLIC(stem) ck_##stem##_i64
#define ELEMENT int64_t
#define UNSIGNED uint64_t
#include "bodies/integer_binary.inc.h"
#undef NAME
#undef PUBLIC
#undef ELEMENT
#undef UNSIGNED

#define NAME(stem) stem##_i32
#define PUBLIC(stem) ck_##stem##_i32
#define ELEMENT int32_t
#define UNSIGNED uint32_t
#include "bodies/integer_binary.inc.h"
#undef NAME
#undef PUBLIC
#undef ELEMENT
#undef UNSIGNED

#define NAME(stem) stem##_u64
#define PUBLIC(stem) ck_##stem##_u64
#define ELEMENT uint64_t
#define UNSIGNED uint64_t
#include "bodies/integer_binary.inc.h"
