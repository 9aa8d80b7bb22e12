#include "product_tiles.h"
#include <string.h>

typedef struct rows {
  ck_product_tile tile;
  float *out;
  const float *lse, *dlse;
  int64_t columns;
  float scale;
} rows;

static void forward_rows(void *context, int64_t begin, int64_t end) {
  const rows *r = context;
  for (int64_t row = begin; row < end; row++)
    r->out[row] = ck_dispatch()->log_softmax_row(NULL, r->tile.products + row * r->columns, r->columns);
}

void ck_product_log_sum_exp_f32(float *lse, const float *a, const float *b, const float *scale,
                                const ck_product_tiles *s, void *scratch) {
  rows r = {.tile = ck_product_tile_begin(s, scratch), .columns = s->columns};
  while (ck_product_tile_next(&r.tile, a, b, *scale, s)) {
    r.out = lse + r.tile.first;
    ck_parallel_range(r.tile.rows, s->columns * 4, forward_rows, &r);
  }
}

static void backward_rows(void *context, int64_t begin, int64_t end) {
  const rows *r = context;
  const ck_kernels *k = ck_dispatch();
  for (int64_t row = begin; row < end; row++) {
    const float *products = r->tile.products + row * r->columns;
    float *weights = r->tile.weights + row * r->columns, factor = r->dlse[row];
    k->binary_f32(CK_MUL, weights, products, 1, &r->scale, 0, r->columns);
    k->attention_probabilities(weights, weights, NULL, r->lse[row], r->columns);
    r->out[row] = factor * k->dot_f32(weights, products, r->columns);
    factor *= r->scale;
    k->binary_f32(CK_MUL, weights, weights, 1, &factor, 0, r->columns);
  }
}

void ck_product_log_sum_exp_gradient_f32(float *da, float *db, float *dscale, const float *a, const float *b,
                                         const float *scale, const float *lse, const float *dlse,
                                         const ck_product_tiles *s, void *scratch) {
  rows r = {.tile = ck_product_tile_begin(s, scratch), .columns = s->columns, .scale = *scale};
  double sum = 0.0;
  r.out = r.tile.sums;
  if (s->rows == 0)
    memset(db, 0, (size_t)(s->columns * s->width) * sizeof(float));
  while (ck_product_tile_next(&r.tile, a, b, 1.0f, s)) {
    r.lse = lse + r.tile.first;
    r.dlse = dlse + r.tile.first;
    ck_parallel_range(r.tile.rows, s->columns * 6, backward_rows, &r);
    sum = ck_product_tile_sum(sum, r.tile.sums, r.tile.rows);
    ck_product_tile_gradients(da, db, &r.tile, a, b, s);
  }
  *dscale = (float)sum;
}
