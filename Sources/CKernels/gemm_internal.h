/// Matrix products on the calling thread, for kernels that cut their own work.
#ifndef CK_GEMM_INTERNAL_H
#define CK_GEMM_INTERNAL_H

#include "internal.h"

/// What a product multiplies and where it goes: as `ck_gemm` and `ck_epilogue` say.
typedef struct ck_product {
  float *c;
  const float *a, *b;
  ck_gemm g;
  /// Null pointers where there is none, laid out as in `ck_epilogue`.
  ck_epilogue end;
  /// Nothing is copied to be read faster: a and b, if not packed, lie well already, and rows of b go on to a multiple
  /// of CK_GEMM_PANEL columns.
  bool in_place;
} ck_product;

/// The product of rows [row, row + rows) and columns [column, column + columns). With a packed b, `column` is a
/// multiple of CK_GEMM_PANEL.
void ck_product_run(const ck_product *p, int64_t row, int64_t rows, int64_t column, int64_t columns);

/// Whether the residual is what the sums start from: it is added before anything else, and may be c.
bool ck_product_starts_from_residual(const ck_product *p);

/// alpha and the epilogue, for a tile at c + at whose sums are complete, or have their bias already.
void ck_product_end_tile(const ck_product *p, bool biased, int64_t at, int64_t rows, int64_t column, int64_t columns);

/// Whether an activation is all that sums with their bias lack.
bool ck_product_only_activates(const ck_product *p);

/// c + at = activation(tile [rows, columns]).
void ck_product_activate(const ck_product *p, float *tile, int64_t at, int64_t rows, int64_t columns);

/// A product for which `ck_gemm_takes_strassen` says so, on all threads.
void ck_product_by_halves(const ck_product *p);

/// Rows that lie a multiple of this many elements apart fall on one set of the first cache.
enum { ck_aliasing = 1024 };

/// packed [panels, depth, CK_GEMM_PANEL] = rows [first, first + depth) of op(b), columns [column, column + columns);
/// zeros fill the last panel.
void ck_product_pack(float *packed, const ck_loose_f32 *b, const ck_gemm *g, int64_t first, int64_t depth,
                     int64_t column, int64_t columns);

/// c [m, n] = alpha · op(a) op(b) + beta · c.
static inline void ck_product_plain(float *c, int64_t ldc, const float *a, int64_t lda, bool transpose_a,
                                    const float *b, int64_t ldb, bool transpose_b, int64_t m, int64_t n, int64_t k,
                                    float alpha, float beta) {
  ck_product p = {.c = c,
                  .a = a,
                  .b = b,
                  .g = {.m = m,
                        .n = n,
                        .k = k,
                        .lda = lda,
                        .ldb = ldb,
                        .ldc = ldc,
                        .transpose_a = transpose_a,
                        .transpose_b = transpose_b,
                        .alpha = alpha,
                        .beta = beta}};
  ck_product_run(&p, 0, m, 0, n);
}

#endif
