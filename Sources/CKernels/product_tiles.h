/// What the sums over the rows of a product share.
#ifndef CK_PRODUCT_TILES_INTERNAL_H
#define CK_PRODUCT_TILES_INTERNAL_H

#include "internal.h"

/// Rows of a product that are there at a time, and what is known of them.
typedef struct ck_product_tile {
  /// [rows, columns] each; the second is what gradients are made of.
  float *products, *weights;
  /// Two more numbers for every row of the tile.
  float *sums, *bias_sums;
  /// The first row, and how many there are.
  int64_t first, rows;
} ck_product_tile;

/// Places the tile's arrays in the scratch memory, before the first row.
ck_product_tile ck_product_tile_begin(const ck_product_tiles *sizes, void *scratch);

/// Goes on to the next rows, of which products = alpha · a bᵀ; false behind the last one.
bool ck_product_tile_next(ck_product_tile *tile, const float *a, const float *b, float alpha,
                          const ck_product_tiles *sizes);

/// The tile's rows of da = weights · b, and db (+)= weightsᵀ · a; db is overwritten by the first tile.
void ck_product_tile_gradients(float *da, float *db, const ck_product_tile *tile, const float *a, const float *b,
                               const ck_product_tiles *sizes);

/// Σ of a tile's row sums, added to `sum`.
double ck_product_tile_sum(double sum, const float *rows, int64_t count);

#endif
