#include "product_tiles.h"
#include <string.h>

typedef struct rows {
  ck_product_tile tile;
  float *out;
  const float *dloss;
  const int64_t *groups;
  int64_t columns;
  float scale, bias;
} rows;

/// Changes the signs of what belongs to the row's pairs.
static void negate_pairs(float *x, const rows *r, int64_t row) {
  int64_t pair = r->tile.first + row;
  if (!r->groups) {
    x[pair] = -x[pair];
    return;
  }
  int64_t group = r->groups[pair];
  for (int64_t column = 0; column < r->columns; column++)
    if (r->groups[column] == group)
      x[column] = -x[column];
}

static void forward_rows(void *context, int64_t begin, int64_t end) {
  const rows *r = context;
  const ck_kernels *k = ck_dispatch();
  for (int64_t row = begin; row < end; row++) {
    float *logits = r->tile.products + row * r->columns;
    k->binary_f32(CK_ADD, logits, logits, 1, &r->bias, 0, r->columns);
    negate_pairs(logits, r, row);
    r->out[row] = k->softplus_sum(logits, r->columns);
  }
}

void ck_product_sigmoid_loss_f32(float *loss, const float *a, const float *b, const float *scale, const float *bias,
                                 const int64_t *groups, const ck_product_tiles *s, void *scratch) {
  rows r = {.tile = ck_product_tile_begin(s, scratch), .groups = groups, .columns = s->columns, .bias = *bias};
  while (ck_product_tile_next(&r.tile, a, b, *scale, s)) {
    r.out = loss + r.tile.first;
    ck_parallel_range(r.tile.rows, s->columns * 8, forward_rows, &r);
  }
}

static void backward_rows(void *context, int64_t begin, int64_t end) {
  const rows *r = context;
  const ck_kernels *k = ck_dispatch();
  for (int64_t row = begin; row < end; row++) {
    const float *products = r->tile.products + row * r->columns;
    float *weights = r->tile.weights + row * r->columns, factor = r->dloss[row];
    k->binary_f32(CK_MUL, weights, products, 1, &r->scale, 0, r->columns);
    k->binary_f32(CK_ADD, weights, weights, 1, &r->bias, 0, r->columns);
    negate_pairs(weights, r, row);
    k->unary_f32(CK_SIGMOID, weights, weights, r->columns);
    negate_pairs(weights, r, row);
    r->tile.sums[row] = factor * k->dot_f32(weights, products, r->columns);
    r->tile.bias_sums[row] = factor * (float)k->reduce_run_f32(CK_REDUCE_SUM, weights, r->columns);
    factor *= r->scale;
    k->binary_f32(CK_MUL, weights, weights, 1, &factor, 0, r->columns);
  }
}

void ck_product_sigmoid_loss_gradient_f32(float *da, float *db, float *dscale, float *dbias, const float *a,
                                          const float *b, const float *scale, const float *bias, const int64_t *groups,
                                          const float *dloss, const ck_product_tiles *s, void *scratch) {
  rows r = {.tile = ck_product_tile_begin(s, scratch),
            .groups = groups,
            .columns = s->columns,
            .scale = *scale,
            .bias = *bias};
  double scale_sum = 0.0, bias_sum = 0.0;
  if (s->rows == 0)
    memset(db, 0, (size_t)(s->columns * s->width) * sizeof(float));
  while (ck_product_tile_next(&r.tile, a, b, 1.0f, s)) {
    r.dloss = dloss + r.tile.first;
    ck_parallel_range(r.tile.rows, s->columns * 12, backward_rows, &r);
    scale_sum = ck_product_tile_sum(scale_sum, r.tile.sums, r.tile.rows);
    bias_sum = ck_product_tile_sum(bias_sum, r.tile.bias_sums, r.tile.rows);
    ck_product_tile_gradients(da, db, &r.tile, a, b, s);
  }
  *dscale = (float)scale_sum;
  *dbias = (float)bias_sum;
}
