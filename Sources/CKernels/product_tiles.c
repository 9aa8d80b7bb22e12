#include "product_tiles.h"

enum {
  tile_elements = 1 << 20, // of the product that are there at a time
  least_tile_rows = 192,   // so that what is read for every tile, all of b and db, is read seldom
};

static int64_t tile_rows(const ck_product_tiles *s) {
  int64_t rows = ck_max_i64(least_tile_rows, tile_elements / ck_max_i64(s->columns, 1));
  return ck_min_i64(rows, ck_max_i64(s->rows, 1));
}

int64_t ck_product_tiles_scratch(const ck_product_tiles *s) {
  return tile_rows(s) * (2 * s->columns + 2) * (int64_t)sizeof(float);
}

ck_product_tile ck_product_tile_begin(const ck_product_tiles *s, void *scratch) {
  int64_t rows = tile_rows(s), elements = rows * s->columns;
  float *products = scratch, *weights = products + elements, *sums = weights + elements;
  return (ck_product_tile){.products = products, .weights = weights, .sums = sums, .bias_sums = sums + rows};
}

bool ck_product_tile_next(ck_product_tile *t, const float *a, const float *b, float alpha, const ck_product_tiles *s) {
  t->first += t->rows;
  t->rows = ck_min_i64(tile_rows(s), s->rows - t->first);
  if (t->rows <= 0)
    return false;
  ck_gemm sizes = {.m = t->rows,
                   .n = s->columns,
                   .k = s->width,
                   .lda = s->width,
                   .ldb = s->width,
                   .ldc = s->columns,
                   .transpose_b = true,
                   .alpha = alpha};
  ck_gemm_f32(t->products, a + t->first * s->width, b, NULL, &sizes);
  return true;
}

void ck_product_tile_gradients(float *da, float *db, const ck_product_tile *t, const float *a, const float *b,
                               const ck_product_tiles *s) {
  ck_gemm left = {
      .m = t->rows, .n = s->width, .k = s->columns, .lda = s->columns, .ldb = s->width, .ldc = s->width, .alpha = 1.0f};
  ck_gemm_f32(da + t->first * s->width, t->weights, b, NULL, &left);
  ck_gemm right = {.m = s->columns,
                   .n = s->width,
                   .k = t->rows,
                   .lda = s->columns,
                   .ldb = s->width,
                   .ldc = s->width,
                   .transpose_a = true,
                   .alpha = 1.0f,
                   .beta = t->first == 0 ? 0.0f : 1.0f};
  ck_gemm_f32(db, t->weights, a + t->first * s->width, NULL, &right);
}

double ck_product_tile_sum(double sum, const float *rows, int64_t count) {
  for (int64_t row = 0; row < count; row++)
    sum += (double)rows[row];
  return sum;
}
