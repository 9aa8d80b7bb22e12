/// Log-sum-exps of the rows of a scaled product, which is never held as a whole.
#ifndef CK_PRODUCT_LOG_SUM_EXP_H
#define CK_PRODUCT_LOG_SUM_EXP_H

#include "ck/types.h"

/// a [rows, width] · bᵀ [width, columns].
typedef struct ck_product_log_sum_exp {
  int64_t rows, columns, width;
} ck_product_log_sum_exp;

/// Bytes of scratch of both functions.
int64_t ck_product_log_sum_exp_scratch(const ck_product_log_sum_exp *sizes);

/// lse [rows] = log Σ_j exp(scale [1] · a_i · b_j).
void ck_product_log_sum_exp_f32(float *lse, const float *a, const float *b, const float *scale,
                                const ck_product_log_sum_exp *sizes, void *scratch);

/// With p_ij = exp(scale · a_i · b_j − lse_i) · dlse_i: da = scale · p b; db = scale · pᵀ a; dscale [1] = Σ p_ij a_i ·
/// b_j.
void ck_product_log_sum_exp_gradient_f32(float *da, float *db, float *dscale, const float *a, const float *b,
                                         const float *scale, const float *lse, const float *dlse,
                                         const ck_product_log_sum_exp *sizes, void *scratch);

#endif
