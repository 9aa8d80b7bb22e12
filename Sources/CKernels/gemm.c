#include "internal.h"
#include <cblas.h>
#include <string.h>

enum {
  naive_work = 1 << 13,   // multiplications below which a plain loop is faster than a call
  tile_work = 1 << 22,    // multiplications that a tile should have
  smallest_tile = 64,     // rows or columns
  most_tiles = 32,        // of one product
  most_shared_batch = 16, // products from which on a batch is parallel enough without tiles
};

/// One batched product cut into tiles.
typedef struct product {
  float *c;
  const float *a, *b;
  const ck_epilogue *epilogue;
  ck_gemm g;
  const ck_gemm_batch *batch;
  int64_t row_tile, column_tile, tiles_across, tiles, products, products_per_task;
} product;

static int64_t multiplications(const ck_gemm *g) { return g->m * g->n * g->k; }

static void naive(float *c, const float *a, const float *b, const ck_gemm *g) {
  int64_t a_row = g->transpose_a ? 1 : g->lda, a_column = g->transpose_a ? g->lda : 1;
  int64_t b_row = g->transpose_b ? 1 : g->ldb, b_column = g->transpose_b ? g->ldb : 1;
  for (int64_t i = 0; i < g->m; i++) {
    for (int64_t j = 0; j < g->n; j++) {
      float sum = 0.0f;
      for (int64_t k = 0; k < g->k; k++)
        sum += a[i * a_row + k * a_column] * b[k * b_row + j * b_column];
      float *to = c + i * g->ldc + j;
      *to = g->beta == 0.0f ? g->alpha * sum : g->alpha * sum + g->beta * *to;
    }
  }
}

static void multiply(float *c, const float *a, const float *b, const ck_gemm *g) {
  if (multiplications(g) <= naive_work) {
    naive(c, a, b, g);
    return;
  }
  cblas_sgemm(CblasRowMajor, g->transpose_a ? CblasTrans : CblasNoTrans, g->transpose_b ? CblasTrans : CblasNoTrans,
              (int)g->m, (int)g->n, (int)g->k, g->alpha, a, (int)g->lda, b, (int)g->ldb, g->beta, c, (int)g->ldc);
}

/// One tile with its epilogue. A residual without activation is what c starts from, so that it may be c.
static void run_tile(const product *p, int64_t c_offset, const float *a, const float *b, ck_gemm g, const float *bias) {
  const ck_epilogue *e = p->epilogue;
  float *c = p->c + c_offset;
  const float *residual = e && e->residual ? e->residual + c_offset : NULL;
  bool activates = e && (e->activation != CK_ACTIVATION_NONE || e->pre_activation);
  if (residual && !activates) {
    if (residual != c) {
      for (int64_t i = 0; i < g.m; i++)
        memcpy(c + i * g.ldc, residual + i * g.ldc, (size_t)g.n * sizeof(float));
    }
    g.beta = 1.0f;
    residual = NULL;
  }
  multiply(c, a, b, &g);
  if (!bias && !activates)
    return;
  for (int64_t i = 0; i < g.m; i++) {
    int64_t row = i * g.ldc;
    ck_dispatch()->epilogue_row(c + row, bias, e->activation, residual ? residual + row : NULL,
                                e->pre_activation ? e->pre_activation + c_offset + row : NULL, g.n);
  }
}

static void run(void *context, int64_t task, int slot) {
  (void)slot;
  const product *p = context;
  int64_t first = task / p->tiles * p->products_per_task, tile = task % p->tiles;
  int64_t row = tile / p->tiles_across * p->row_tile, column = tile % p->tiles_across * p->column_tile;
  ck_gemm g = p->g;
  g.m = ck_min_i64(p->row_tile, g.m - row);
  g.n = ck_min_i64(p->column_tile, g.n - column);
  int64_t a_tile = g.transpose_a ? row : row * g.lda, b_tile = g.transpose_b ? column * g.ldb : column;
  const float *bias = p->epilogue && p->epilogue->bias ? p->epilogue->bias + column : NULL;
  for (int64_t i = first; i < ck_min_i64(first + p->products_per_task, p->products); i++) {
    int64_t a = a_tile, b = b_tile, c = row * g.ldc + column, rest = i;
    for (int d = p->batch->rank - 1; d >= 0; d--) {
      int64_t at = rest % p->batch->dims[d];
      rest /= p->batch->dims[d];
      a += at * p->batch->a_strides[d];
      b += at * p->batch->b_strides[d];
      c += at * p->batch->c_strides[d];
    }
    run_tile(p, c, p->a + a, p->b + b, g, bias);
  }
}

static int64_t tile_length(int64_t length, int64_t tiles) {
  tiles = ck_max_i64(1, ck_min_i64(tiles, length / smallest_tile));
  return ck_ceil_div(ck_ceil_div(length, tiles), 16) * 16;
}

/// Cuts the longer side: the other operand is packed once per tile by BLAS, and is then the smaller share of the work.
static void cut(product *p) {
  const ck_gemm *g = &p->g;
  int64_t tiles = p->products >= most_shared_batch ? 1 : ck_min_i64(most_tiles, multiplications(g) / tile_work);
  tiles = tiles >= 4 ? tiles / 4 * 4 : tiles == 3 ? 2 : tiles; // an even number, for an even number of threads
  p->row_tile = ck_max_i64(1, g->m);
  p->column_tile = ck_max_i64(1, g->n);
  if (tiles > 1 && g->m > g->n)
    p->row_tile = tile_length(g->m, tiles);
  if (tiles > 1 && g->m <= g->n)
    p->column_tile = tile_length(g->n, tiles);
  p->tiles_across = ck_ceil_div(g->n, p->column_tile);
  p->tiles = ck_ceil_div(g->m, p->row_tile) * p->tiles_across;
  p->products_per_task = p->tiles > 1 ? 1 : ck_max_i64(1, tile_work / 8 / ck_max_i64(1, multiplications(g)));
}

/// Drops the innermost batch dimensions over which b is shared while the rows of a and c just go on: a taller product.
static void merge_rows(ck_gemm_batch *out, const ck_gemm_batch *batch, ck_gemm *g) {
  *out = *batch;
  while (out->rank > 0 && !g->transpose_a) {
    int last = out->rank - 1;
    bool follows = out->a_strides[last] == g->m * g->lda && out->c_strides[last] == g->m * g->ldc;
    if (out->dims[last] != 1 && (out->b_strides[last] != 0 || !follows))
      return;
    g->m *= out->dims[last];
    out->rank--;
  }
}

void ck_gemm_batched_f32(float *c, const float *a, const float *b, const ck_epilogue *epilogue, const ck_gemm *sizes,
                         const ck_gemm_batch *batch) {
  product p = {.c = c, .a = a, .b = b, .epilogue = epilogue, .g = *sizes, .batch = batch, .products = 1};
  ck_gemm_batch merged;
  merge_rows(&merged, batch, &p.g);
  p.batch = &merged;
  for (int d = 0; d < merged.rank; d++)
    p.products *= merged.dims[d];
  if (p.products == 0 || p.g.m == 0 || p.g.n == 0)
    return;
  cut(&p);
  int64_t cost = p.products * (multiplications(&p.g) / 8 + p.g.m * p.g.n);
  ck_parallel(ck_ceil_div(p.products, p.products_per_task) * p.tiles, cost, run, &p);
}

void ck_gemm_f32(float *c, const float *a, const float *b, const ck_epilogue *epilogue, const ck_gemm *sizes) {
  ck_gemm_batch single = {.rank = 0};
  ck_gemm_batched_f32(c, a, b, epilogue, sizes, &single);
}
