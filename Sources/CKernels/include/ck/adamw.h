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

#endif
