#include "internal.h"

typedef struct softmax {
  float *out;
  const float *x, *y;
  int64_t n, inner, blocks;
  bool logarithm;
} softmax;

static void forward_rows(void *context, int64_t begin, int64_t end) {
  const softmax *c = context;
  const ck_kernels *k = ck_dispatch();
  for (int64_t row = begin; row < end; row++) {
    float *out = c->out + row * c->n;
    const float *x = c->x + row * c->n;
    if (c->logarithm) {
      k->log_softmax_row(out, x, c->n);
    } else {
      k->softmax_row(out, x, c->n);
    }
  }
}

static void backward_rows(void *context, int64_t begin, int64_t end) {
  const softmax *c = context;
  const ck_kernels *k = ck_dispatch();
  for (int64_t row = begin; row < end; row++) {
    int64_t at = row * c->n;
    if (c->logarithm) {
      k->log_softmax_gradient_row(c->out + at, c->x + at, c->y + at, c->n);
    } else {
      k->softmax_gradient_row(c->out + at, c->x + at, c->y + at, c->n);
    }
  }
}

/// Blocks of adjacent columns, for an axis that is not the last.
static void column_blocks(void *context, int64_t begin, int64_t end) {
  const softmax *c = context;
  const ck_kernels *k = ck_dispatch();
  for (int64_t block = begin; block < end; block++) {
    int64_t column = block % c->blocks * CK_SOFTMAX_COLUMNS, at = block / c->blocks * c->n * c->inner + column;
    int64_t columns = ck_min_i64(CK_SOFTMAX_COLUMNS, c->inner - column);
    if (c->y) {
      k->softmax_gradient_columns(c->out + at, c->x + at, c->y + at, c->n, c->inner, columns, c->logarithm);
    } else {
      k->softmax_columns(c->out + at, c->x + at, c->n, c->inner, columns, c->logarithm);
    }
  }
}

static void run(float *out, const float *x, const float *y, int64_t outer, int64_t n, int64_t inner, bool logarithm) {
  softmax context = {out, x, y, n, inner, ck_ceil_div(inner, CK_SOFTMAX_COLUMNS), logarithm};
  if (n == 0)
    return;
  if (inner == 1) {
    ck_parallel_range(outer, n * 4, y ? backward_rows : forward_rows, &context);
  } else {
    ck_parallel_range(outer * context.blocks, n * CK_SOFTMAX_COLUMNS * 4, column_blocks, &context);
  }
}

void ck_softmax_f32(float *y, const float *x, int64_t outer, int64_t n, int64_t inner) {
  run(y, x, NULL, outer, n, inner, false);
}

void ck_softmax_gradient_f32(float *dx, const float *dy, const float *y, int64_t outer, int64_t n, int64_t inner) {
  run(dx, dy, y, outer, n, inner, false);
}

void ck_log_softmax_f32(float *y, const float *x, int64_t outer, int64_t n, int64_t inner) {
  run(y, x, NULL, outer, n, inner, true);
}

void ck_log_softmax_gradient_f32(float *dx, const float *dy, const float *y, int64_t outer, int64_t n, int64_t inner) {
  run(dx, dy, y, outer, n, inner, true);
}
