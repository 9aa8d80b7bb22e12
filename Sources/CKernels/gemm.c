#include "gemm_internal.h"

enum {
  least_work = 1 << 20,     // multiplications that a tile should have, at least
  most_work = 1 << 25,      // and at most
  fewest_tiles = 8,         // of a product that is large enough
  most_rows = 120,          // of a tile
  most_packing_rows = 4096, // of a tile that packs its columns
  packing_columns = 256,    // of such a tile, where it has a choice
  least_rows = 12,
  column_step = 32, // a tile's columns are a multiple
  wanted_tasks = 16,
  transposed_tiles = 24, // at most, where each packs its rows
};

/// One batched product cut into tiles.
typedef struct product {
  ck_product whole;
  const ck_gemm_batch *batch;
  int64_t row_tile, column_tile, tiles_across, tiles, products, products_per_task;
} product;

static int64_t multiplications(const ck_gemm *g) { return g->m * g->n * ck_max_i64(1, g->k); }

static void run(void *context, int64_t task, int slot) {
  (void)slot;
  const product *p = context;
  const ck_gemm *g = &p->whole.g;
  int64_t first = task / p->tiles * p->products_per_task, tile = task % p->tiles;
  int64_t row = tile / p->tiles_across * p->row_tile, column = tile % p->tiles_across * p->column_tile;
  int64_t rows = ck_min_i64(p->row_tile, g->m - row), columns = ck_min_i64(p->column_tile, g->n - column);
  for (int64_t i = first; i < ck_min_i64(first + p->products_per_task, p->products); i++) {
    int64_t a = 0, b = 0, c = 0, rest = i;
    for (int d = p->batch->rank - 1; d >= 0; d--) {
      int64_t at = rest % p->batch->dims[d];
      rest /= p->batch->dims[d];
      a += at * p->batch->a_strides[d];
      b += at * p->batch->b_strides[d];
      c += at * p->batch->c_strides[d];
    }
    ck_product one = p->whole;
    one.a += a;
    one.b += b;
    one.c += c;
    if (one.end.residual)
      one.end.residual += c;
    if (one.end.pre_activation)
      one.end.pre_activation += c;
    ck_product_run(&one, row, rows, column, columns);
  }
}

/// Few tiles where they suffice: the first panels of each are not called ahead.
static int64_t wanted_tiles(const ck_gemm *g) {
  int64_t work = multiplications(g), fewest = ck_max_i64(1, ck_min_i64(fewest_tiles, work / least_work));
  int64_t most = g->packed_b && g->transpose_a ? transposed_tiles : wanted_tasks * 4;
  return ck_min_i64(most, ck_max_i64(fewest, work / most_work));
}

/// Rows first, so that a group of columns is read for as many rows as the second cache holds; then columns, until there
/// are tasks enough.
static void cut_packed(product *p, int64_t wanted) {
  const ck_gemm *g = &p->whole.g;
  p->row_tile = ck_ceil_div(g->m, ck_ceil_div(g->m, most_rows));
  int64_t across = ck_max_i64(1, wanted / ck_ceil_div(g->m, p->row_tile));
  p->column_tile = ck_min_i64(ck_ceil_div(ck_ceil_div(g->n, across), column_step) * column_step, g->n);
}

/// Every tile packs its columns, and its rows if they are transposed: few tiles, of many rows and wide enough.
static void cut_packing(product *p, int64_t wanted) {
  const ck_gemm *g = &p->whole.g;
  wanted = ck_min_i64(wanted, ck_max_i64(fewest_tiles, g->n / (packing_columns / 2)));
  int64_t width = ck_ceil_div(g->n, wanted);
  if (g->transpose_a)
    width = ck_max_i64(width, packing_columns);
  p->row_tile = ck_ceil_div(g->m, ck_ceil_div(g->m, most_packing_rows));
  p->column_tile = ck_min_i64(ck_ceil_div(width, column_step) * column_step, g->n);
}

static void cut(product *p) {
  const ck_gemm *g = &p->whole.g;
  int64_t work = multiplications(g);
  int64_t wanted = p->products >= wanted_tasks ? 1 : wanted_tiles(g);
  if (g->packed_b)
    cut_packed(p, wanted);
  else
    cut_packing(p, wanted);
  p->tiles_across = ck_ceil_div(g->n, p->column_tile);
  int64_t tiles = p->tiles_across * ck_ceil_div(g->m, p->row_tile), least = ck_min_i64(wanted, 2 * fewest_tiles);
  if (tiles < (g->packed_b ? wanted : least)) {
    int64_t down = ck_ceil_div(g->packed_b ? wanted : least, p->tiles_across);
    p->row_tile = ck_ceil_div(ck_ceil_div(g->m, down), least_rows) * least_rows;
  }
  p->tiles = ck_ceil_div(g->m, p->row_tile) * p->tiles_across;
  p->products_per_task = p->tiles > 1 ? 1 : ck_max_i64(1, least_work / 2 / work);
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
  product p = {.whole = {.c = c, .a = a, .b = b, .g = *sizes}, .batch = batch, .products = 1};
  if (epilogue)
    p.whole.end = *epilogue;
  ck_gemm_batch merged;
  merge_rows(&merged, batch, &p.whole.g);
  p.batch = &merged;
  for (int d = 0; d < merged.rank; d++)
    p.products *= merged.dims[d];
  const ck_gemm *g = &p.whole.g;
  if (p.products == 0 || g->m == 0 || g->n == 0)
    return;
  if (p.products == 1 && ck_gemm_takes_strassen(g)) {
    ck_product_by_halves(&p.whole);
    return;
  }
  cut(&p);
  int64_t cost = p.products * (multiplications(g) / 8 + g->m * g->n);
  ck_parallel(ck_ceil_div(p.products, p.products_per_task) * p.tiles, cost, run, &p);
}

void ck_gemm_f32(float *c, const float *a, const float *b, const ck_epilogue *epilogue, const ck_gemm *sizes) {
  ck_gemm_batch single = {.rank = 0};
  ck_gemm_batched_f32(c, a, b, epilogue, sizes, &single);
}
