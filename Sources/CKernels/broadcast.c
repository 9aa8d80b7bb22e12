#include "internal.h"

/// Merges the dimensions of `operands` operands.
static void make(ck_broadcast *out, int rank, const int64_t *dims, const int64_t *const *strides, int operands) {
  *out = (ck_broadcast){.rank = 0, .count = 1};
  for (int i = 0; i < rank; i++)
    out->count *= dims[i];
  for (int i = 0; i < rank && out->count > 0; i++) {
    if (dims[i] == 1)
      continue;
    int last = out->rank - 1;
    bool merges = last >= 0;
    for (int o = 0; o < operands && merges; o++)
      merges = out->strides[o][last] == strides[o][i] * dims[i];
    if (merges) {
      out->dims[last] *= dims[i];
    } else {
      last = out->rank++;
      out->dims[last] = dims[i];
    }
    for (int o = 0; o < operands; o++)
      out->strides[o][last] = strides[o][i];
  }
  if (out->rank == 0) {
    out->rank = 1;
    out->dims[0] = out->count;
  }
}

void ck_broadcast_make(ck_broadcast *out, int rank, const int64_t *out_dims, const int64_t *a_strides,
                       const int64_t *b_strides) {
  make(out, rank, out_dims, (const int64_t *const[]){a_strides, b_strides}, 2);
}

void ck_broadcast_make3(ck_broadcast *out, int rank, const int64_t *out_dims, const int64_t *a_strides,
                        const int64_t *b_strides, const int64_t *c_strides) {
  make(out, rank, out_dims, (const int64_t *const[]){a_strides, b_strides, c_strides}, 3);
}

typedef struct broadcast_loop {
  const ck_broadcast *plan;
  ck_broadcast_row *row;
  const void *context;
} broadcast_loop;

static void run_range(void *context, int64_t begin, int64_t end) {
  const broadcast_loop *loop = context;
  const ck_broadcast *plan = loop->plan;
  int last = plan->rank - 1;
  int64_t index[CK_MAX_RANK], operands[3] = {0, 0, 0}, rest = begin;
  for (int d = last; d >= 0; d--) {
    index[d] = rest % plan->dims[d];
    rest /= plan->dims[d];
    for (int o = 0; o < 3; o++)
      operands[o] += index[d] * plan->strides[o][d];
  }
  for (int64_t at = begin; at < end;) {
    int64_t n = ck_min_i64(plan->dims[last] - index[last], end - at);
    loop->row(loop->context, at, operands, n);
    at += n;
    index[last] += n;
    for (int o = 0; o < 3; o++)
      operands[o] += n * plan->strides[o][last];
    for (int d = last; d > 0 && index[d] == plan->dims[d]; d--) {
      for (int o = 0; o < 3; o++)
        operands[o] += plan->strides[o][d - 1] - plan->dims[d] * plan->strides[o][d];
      index[d] = 0;
      index[d - 1]++;
    }
  }
}

void ck_broadcast_run(const ck_broadcast *plan, int64_t cost, ck_broadcast_row *row, const void *context) {
  broadcast_loop loop = {plan, row, context};
  ck_parallel_range(plan->count, cost, run_range, &loop);
}
