/// Products whose rows are summed up, a few rows at a time, so that they are never held as a whole.
#ifndef CK_PRODUCT_TILES_H
#define CK_PRODUCT_TILES_H

#include "ck/types.h"

/// a [rows, width] · bᵀ [width, columns].
typedef struct ck_product_tiles {
  int64_t rows, columns, width;
} ck_product_tiles;

/// Bytes of scratch of each of the functions.
int64_t ck_product_tiles_scratch(const ck_product_tiles *sizes);

/// lse [rows] = log Σ_j exp(scale [1] · a_i · b_j).
void ck_product_log_sum_exp_f32(float *lse, const float *a, const float *b, const float *scale,
                                const ck_product_tiles *sizes, void *scratch);

/// With p_ij = exp(scale · a_i · b_j − lse_i) · dlse_i: da = scale · p b; db = scale · pᵀ a; dscale [1] = Σ p_ij a_i ·
/// b_j.
void ck_product_log_sum_exp_gradient_f32(float *da, float *db, float *dscale, const float *a, const float *b,
                                         const float *scale, const float *lse, const float *dlse,
                                         const ck_product_tiles *sizes, void *scratch);

/// loss [rows] = Σ_j log(1 + exp(∓z_ij)), z_ij = scale [1] · a_i · b_j + bias [1], with − for a pair and + otherwise;
/// rows = columns. Pairs are those with i = j or, where groups [rows] is not null, those with groups_i = groups_j.
void ck_product_sigmoid_loss_f32(float *loss, const float *a, const float *b, const float *scale, const float *bias,
                                 const int64_t *groups, const ck_product_tiles *sizes, void *scratch);

/// With w_ij = ∓σ(∓z_ij) · dloss_i: da = scale · w b; db = scale · wᵀ a; dscale [1] = Σ w_ij a_i · b_j; dbias [1] = Σ
/// w_ij.
void ck_product_sigmoid_loss_gradient_f32(float *da, float *db, float *dscale, float *dbias, const float *a,
                                          const float *b, const float *scale, const float *bias, const int64_t *groups,
                                          const float *dloss, const ck_product_tiles *sizes, void *scratch);

#endif
