#include "internal.h"
#include <math.h>

enum { columns = 512, rows_at_once = 64, segment_work = 1 << 16, maximum_segments = 16 };

void ck_reduction_make(ck_reduction *out, int rank, const int64_t *dims, uint32_t axes) {
  int64_t sizes[CK_MAX_RANK];
  bool reduced[CK_MAX_RANK];
  int groups = 0;
  *out = (ck_reduction){.kept = 1, .reduced = 1, .segments = 1};
  for (int i = 0; i < rank; i++) {
    bool is_reduced = axes >> i & 1u;
    *(is_reduced ? &out->reduced : &out->kept) *= dims[i];
    if (dims[i] == 1)
      continue;
    if (groups > 0 && reduced[groups - 1] == is_reduced) {
      sizes[groups - 1] *= dims[i];
    } else {
      sizes[groups] = dims[i];
      reduced[groups++] = is_reduced;
    }
  }
  out->inner = groups > 0 ? sizes[groups - 1] : 1;
  out->inner_reduced = groups > 0 ? reduced[groups - 1] : true;
  int64_t stride = out->inner;
  for (int i = groups - 2; i >= 0; i--) {
    int at = reduced[i] ? out->reduced_rank++ : out->kept_rank++;
    (reduced[i] ? out->reduced_dims : out->kept_dims)[at] = sizes[i];
    (reduced[i] ? out->reduced_strides : out->kept_strides)[at] = stride;
    stride *= sizes[i];
  }
  int64_t work = out->kept * out->reduced;
  int64_t tasks =
      out->inner_reduced ? out->kept : out->kept / ck_max_i64(1, out->inner) * ck_ceil_div(out->inner, columns);
  if (tasks > 0 && tasks < maximum_segments / 2 && work >= 2 * segment_work) {
    out->segments = ck_min_i64(ck_min_i64(work / segment_work, maximum_segments / tasks), out->reduced);
  }
}

int64_t ck_reduce_scratch(const ck_reduction *plan) {
  return plan->segments > 1 ? plan->segments * plan->kept * (int64_t)sizeof(double) : 0;
}

/// Where the element at position `at` of the outer dimensions lies; dimensions are listed innermost first.
static int64_t locate(int rank, const int64_t *dims, const int64_t *strides, int64_t at) {
  int64_t offset = 0;
  for (int d = 0; d < rank; d++) {
    offset += at % dims[d] * strides[d];
    at /= dims[d];
  }
  return offset;
}

static double neutral(ck_reduce_op op) {
  switch (op) {
  case CK_REDUCE_MAX:
    return -(double)INFINITY;
  case CK_REDUCE_MIN:
    return (double)INFINITY;
  case CK_REDUCE_PROD:
    return 1.0;
  default:
    return 0.0;
  }
}

static double combined(ck_reduce_op op, double a, double b) {
  switch (op) {
  case CK_REDUCE_MAX:
    return b > a || b != b ? b : a;
  case CK_REDUCE_MIN:
    return b < a || b != b ? b : a;
  case CK_REDUCE_PROD:
    return a * b;
  default:
    return a + b;
  }
}

static float finished(ck_reduce_op op, double value, int64_t n) {
  if (op == CK_REDUCE_MEAN)
    return (float)(value / (double)n);
  return (float)(op == CK_REDUCE_L2 ? sqrt(value) : value);
}

typedef struct reduction {
  ck_reduce_op op;
  float *out;
  const float *x;
  double *partial;
  const ck_reduction *plan;
  int64_t outputs_per_task, outer_tasks;
} reduction;

static void store(const reduction *c, int64_t segment, int64_t output, double value) {
  if (c->partial) {
    c->partial[segment * c->plan->kept + output] = value;
  } else {
    c->out[output] = finished(c->op, value, c->plan->reduced);
  }
}

/// Reduces elements [begin, end) of the reduced dimensions into one output; the innermost dimension is reduced.
static double reduce_elements(const reduction *c, const float *x, int64_t begin, int64_t end) {
  const ck_reduction *plan = c->plan;
  double value = neutral(c->op);
  for (int64_t at = begin; at < end;) {
    int64_t row = at / plan->inner, first = at % plan->inner, n = ck_min_i64(plan->inner - first, end - at);
    int64_t offset = locate(plan->reduced_rank, plan->reduced_dims, plan->reduced_strides, row) + first;
    value = combined(c->op, value, ck_dispatch()->reduce_run_f32(c->op, x + offset, n));
    at += n;
  }
  return value;
}

static void run_elements(void *context, int64_t task, int slot) {
  (void)slot;
  const reduction *c = context;
  const ck_reduction *plan = c->plan;
  int64_t segment = task / c->outer_tasks, first = task % c->outer_tasks * c->outputs_per_task;
  int64_t begin = segment * plan->reduced / plan->segments, end = (segment + 1) * plan->reduced / plan->segments;
  for (int64_t o = first; o < ck_min_i64(first + c->outputs_per_task, plan->kept); o++) {
    const float *x = c->x + locate(plan->kept_rank, plan->kept_dims, plan->kept_strides, o);
    store(c, segment, o, reduce_elements(c, x, begin, end));
  }
}

/// Reduces rows [begin, end) into `n` ≤ columns adjacent outputs; the innermost dimension is kept.
static void reduce_rows(const reduction *c, double *value, const float *x, int64_t begin, int64_t end, int64_t n) {
  const ck_reduction *plan = c->plan;
  float accumulator[columns];
  for (int64_t j = 0; j < n; j++)
    value[j] = neutral(c->op);
  for (int64_t first = begin; first < end; first += rows_at_once) {
    for (int64_t j = 0; j < n; j++)
      accumulator[j] = (float)neutral(c->op);
    for (int64_t row = first; row < ck_min_i64(first + rows_at_once, end); row++) {
      int64_t offset = locate(plan->reduced_rank, plan->reduced_dims, plan->reduced_strides, row);
      ck_dispatch()->reduce_row_f32(c->op, accumulator, x + offset, n);
    }
    for (int64_t j = 0; j < n; j++)
      value[j] = combined(c->op, value[j], (double)accumulator[j]);
  }
}

static void run_rows(void *context, int64_t task, int slot) {
  (void)slot;
  const reduction *c = context;
  const ck_reduction *plan = c->plan;
  int64_t blocks = ck_ceil_div(plan->inner, columns), segment = task / c->outer_tasks;
  int64_t outer = task % c->outer_tasks / blocks, first = task % c->outer_tasks % blocks * columns;
  int64_t begin = segment * plan->reduced / plan->segments, end = (segment + 1) * plan->reduced / plan->segments;
  int64_t n = ck_min_i64(columns, plan->inner - first);
  double value[columns];
  const float *x = c->x + locate(plan->kept_rank, plan->kept_dims, plan->kept_strides, outer) + first;
  reduce_rows(c, value, x, begin, end, n);
  for (int64_t j = 0; j < n; j++)
    store(c, segment, outer * plan->inner + first + j, value[j]);
}

void ck_reduce_f32(ck_reduce_op op, float *out, const float *x, const ck_reduction *plan, void *scratch) {
  if (plan->kept == 0)
    return;
  if (plan->reduced == 0) {
    for (int64_t o = 0; o < plan->kept; o++)
      out[o] = finished(op, neutral(op), 0);
    return;
  }
  reduction context = {op, out, x, plan->segments > 1 ? scratch : NULL, plan, 1, 1};
  if (plan->inner_reduced) {
    context.outputs_per_task = ck_max_i64(1, (1 << 14) / plan->reduced);
    context.outer_tasks = ck_ceil_div(plan->kept, context.outputs_per_task);
  } else {
    context.outer_tasks = plan->kept / plan->inner * ck_ceil_div(plan->inner, columns);
  }
  ck_task *run = plan->inner_reduced ? run_elements : run_rows;
  ck_parallel(context.outer_tasks * plan->segments, plan->kept * plan->reduced, run, &context);
  if (!context.partial)
    return;
  for (int64_t o = 0; o < plan->kept; o++) {
    double value = neutral(op);
    for (int64_t s = 0; s < plan->segments; s++)
      value = combined(op, value, context.partial[s * plan->kept + o]);
    out[o] = finished(op, value, plan->reduced);
  }
}

/// The floor of the square root.
static int64_t integer_root(int64_t v) {
  int64_t root = (int64_t)sqrt((double)v);
  while (root > 0 && root > v / root)
    root--;
  while (root + 1 <= v / (root + 1))
    root++;
  return root;
}

#define INTEGER(suffix, type, unsigned_type, least, most)                                                              \
  static type fold_##suffix(ck_reduce_op op, const type *x, const ck_reduction *plan) {                                \
    unsigned_type sum = op == CK_REDUCE_PROD ? 1 : 0;                                                                  \
    type best = op == CK_REDUCE_MAX ? least : most;                                                                    \
    int64_t inner = plan->inner_reduced ? plan->inner : 1;                                                             \
    for (int64_t at = 0; at < plan->reduced; at++) {                                                                   \
      int64_t outer = locate(plan->reduced_rank, plan->reduced_dims, plan->reduced_strides, at / inner);               \
      type v = x[outer + at % inner];                                                                                  \
      unsigned_type u = (unsigned_type)v;                                                                              \
      if (op == CK_REDUCE_MAX ? v > best : v < best)                                                                   \
        best = v;                                                                                                      \
      if (op == CK_REDUCE_PROD)                                                                                        \
        sum *= u;                                                                                                      \
      if (op == CK_REDUCE_SUM || op == CK_REDUCE_MEAN)                                                                 \
        sum += u;                                                                                                      \
      if (op == CK_REDUCE_L2 || op == CK_REDUCE_SUM_SQUARE)                                                            \
        sum += u * u;                                                                                                  \
    }                                                                                                                  \
    if (op == CK_REDUCE_MAX || op == CK_REDUCE_MIN)                                                                    \
      return best;                                                                                                     \
    if (op == CK_REDUCE_MEAN)                                                                                          \
      return plan->reduced ? (type)((type)sum / plan->reduced) : 0;                                                    \
    return op == CK_REDUCE_L2 ? (type)integer_root((type)sum) : (type)sum;                                             \
  }                                                                                                                    \
  void ck_reduce_##suffix(ck_reduce_op op, type *out, const type *x, const ck_reduction *plan, void *scratch) {        \
    (void)scratch;                                                                                                     \
    int64_t inner = plan->inner_reduced ? 1 : plan->inner;                                                             \
    for (int64_t o = 0; o < plan->kept; o++) {                                                                         \
      int64_t outer = locate(plan->kept_rank, plan->kept_dims, plan->kept_strides, o / inner);                         \
      out[o] = fold_##suffix(op, x + outer + o % inner, plan);                                                         \
    }                                                                                                                  \
  }

INTEGER(i64, int64_t, uint64_t, INT64_MIN, INT64_MAX)
INTEGER(i32, int32_t, uint32_t, INT32_MIN, INT32_MAX)
