/// Softmax and its logarithm along the middle axis of [outer, n, inner]; the last axis has inner = 1.
/// A row of −∞ alone gives NaN. Outputs may be the same memory as inputs.
#ifndef CK_SOFTMAX_H
#define CK_SOFTMAX_H

#include "ck/types.h"

/// y = exp(x − max x) / Σ exp(x − max x).
void ck_softmax_f32(float *y, const float *x, int64_t outer, int64_t n, int64_t inner);

/// dx = y · (dy − Σ dy · y).
void ck_softmax_gradient_f32(float *dx, const float *dy, const float *y, int64_t outer, int64_t n, int64_t inner);

/// y = x − max x − log Σ exp(x − max x).
void ck_log_softmax_f32(float *y, const float *x, int64_t outer, int64_t n, int64_t inner);

/// dx = dy − exp(y) · Σ dy.
void ck_log_softmax_gradient_f32(float *dx, const float *dy, const float *y, int64_t outer, int64_t n, int64_t inner);

#endif
