#include "internal.h"
#include <string.h>

enum {
  tile_elements = 1 << 20, // of the product that are there at a time
  least_tile_rows = 48,
};

static int64_t tile_rows(const ck_product_log_sum_exp *s) {
  int64_t rows = ck_max_i64(least_tile_rows, tile_elements / ck_max_i64(s->columns, 1));
  return ck_min_i64(rows, ck_max_i64(s->rows, 1));
}

int64_t ck_product_log_sum_exp_scratch(const ck_product_log_sum_exp *s) {
  int64_t rows = tile_rows(s);
  return (2 * rows * s->columns + rows) * (int64_t)sizeof(float);
}

typedef struct tile {
  /// Products, and probabilities times dlse and scale.
  float *products, *weights;
  /// By row of the tile.
  float *out;
  const float *lse, *dlse;
  int64_t columns;
  float scale;
} tile;

/// products [rows, columns] = alpha · a bᵀ, for rows from `first` on.
static void multiply(float *products, const float *a, const float *b, const ck_product_log_sum_exp *s, int64_t first,
                     int64_t rows, float alpha) {
  ck_gemm sizes = {.m = rows,
                   .n = s->columns,
                   .k = s->width,
                   .lda = s->width,
                   .ldb = s->width,
                   .ldc = s->columns,
                   .transpose_b = true,
                   .alpha = alpha};
  ck_gemm_f32(products, a + first * s->width, b, NULL, &sizes);
}

static void forward_rows(void *context, int64_t begin, int64_t end) {
  const tile *t = context;
  for (int64_t row = begin; row < end; row++)
    t->out[row] = ck_dispatch()->log_softmax_row(NULL, t->products + row * t->columns, t->columns);
}

void ck_product_log_sum_exp_f32(float *lse, const float *a, const float *b, const float *scale,
                                const ck_product_log_sum_exp *s, void *scratch) {
  for (int64_t first = 0, rows = tile_rows(s); first < s->rows; first += rows) {
    int64_t count = ck_min_i64(rows, s->rows - first);
    tile t = {.products = scratch, .out = lse + first, .columns = s->columns};
    multiply(t.products, a, b, s, first, count, *scale);
    ck_parallel_range(count, s->columns * 4, forward_rows, &t);
  }
}

static void backward_rows(void *context, int64_t begin, int64_t end) {
  const tile *t = context;
  const ck_kernels *k = ck_dispatch();
  for (int64_t row = begin; row < end; row++) {
    const float *products = t->products + row * t->columns;
    float *weights = t->weights + row * t->columns, factor = t->dlse[row];
    k->binary_f32(CK_MUL, weights, products, 1, &t->scale, 0, t->columns);
    k->attention_probabilities(weights, weights, NULL, t->lse[row], t->columns);
    t->out[row] = factor * k->dot_f32(weights, products, t->columns);
    factor *= t->scale;
    k->binary_f32(CK_MUL, weights, weights, 1, &factor, 0, t->columns);
  }
}

void ck_product_log_sum_exp_gradient_f32(float *da, float *db, float *dscale, const float *a, const float *b,
                                         const float *scale, const float *lse, const float *dlse,
                                         const ck_product_log_sum_exp *s, void *scratch) {
  int64_t rows = tile_rows(s);
  float *products = scratch, *weights = products + rows * s->columns, *out = weights + rows * s->columns;
  double sum = 0.0;
  if (s->rows == 0)
    memset(db, 0, (size_t)(s->columns * s->width) * sizeof(float));
  for (int64_t first = 0; first < s->rows; first += rows) {
    int64_t count = ck_min_i64(rows, s->rows - first);
    tile t = {products, weights, out, lse + first, dlse + first, s->columns, *scale};
    multiply(products, a, b, s, first, count, 1.0f);
    ck_parallel_range(count, s->columns * 6, backward_rows, &t);
    for (int64_t row = 0; row < count; row++)
      sum += (double)out[row];
    ck_gemm left = {
        .m = count, .n = s->width, .k = s->columns, .lda = s->columns, .ldb = s->width, .ldc = s->width, .alpha = 1.0f};
    ck_gemm_f32(da + first * s->width, weights, b, NULL, &left);
    ck_gemm right = {.m = s->columns,
                     .n = s->width,
                     .k = count,
                     .lda = s->columns,
                     .ldb = s->width,
                     .ldc = s->width,
                     .transpose_a = true,
                     .alpha = 1.0f,
                     .beta = first == 0 ? 0.0f : 1.0f};
    ck_gemm_f32(db, weights, a + first * s->width, NULL, &right);
  }
  *dscale = (float)sum;
}
