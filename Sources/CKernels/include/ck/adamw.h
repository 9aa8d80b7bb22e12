/// AdamW (Loshchilov and Hutter 2019), as torch.optim.AdamW computes it.
#ifndef CK_ADAMW_H
#define CK_ADAMW_H

#include "ck/types.h"

/// `step` counts from 1. Doubles, because 1 − β₂ must not be taken from a β₂ that was rounded to single precision.
typedef struct ck_adamw {
  double learning_rate, beta1, beta2, epsilon, weight_decay, step;
} ck_adamw;

/// One update of n parameters p with gradients g and moments m, v; outputs may be their inputs.
///
///     m′ = β₁ m + (1 − β₁) g      v′ = β₂ v + (1 − β₂) g²
///     p′ = p (1 − η λ) − η / (1 − β₁ᵗ) · m′ / (√v′ / √(1 − β₂ᵗ) + ε)
void ck_adamw_f32(float *p_out, float *m_out, float *v_out, const float *p, const float *g, const float *m,
                  const float *v, int64_t n, const ck_adamw *scalars);

/// One update of p [table, inner], m and v by the gradient of reading rows of p at `indices` [count]: dy [count,
/// inner], added up in the order of the indices; 0 for rows that were not read. The results are those of
/// ck_gather_gradient_f32 and ck_adamw_f32, bit for bit. Moments that stay zero are not written where they lie, so that
/// rows that were never read take no memory. `scratch` is ck_adamw_rows_scratch(table, count, inner, threads) bytes,
/// aligned to 64.
void ck_adamw_rows_f32(float *p_out, float *m_out, float *v_out, const float *p, const float *dy, const float *m,
                       const float *v, const void *indices, ck_type index_type, int64_t table, int64_t count,
                       int64_t inner, const ck_adamw *scalars, void *scratch);
int64_t ck_adamw_rows_scratch(int64_t table, int64_t count, int64_t inner, int threads);

#endif
