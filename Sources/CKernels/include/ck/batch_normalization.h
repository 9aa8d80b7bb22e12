/// Batch normalisation (Ioffe and Szegedy 2015) of x [batch, channels, plane], each channel by itself.
#ifndef CK_BATCH_NORMALIZATION_H
#define CK_BATCH_NORMALIZATION_H

#include "ck/types.h"
#include <stdbool.h>

/// y = (x − mean) · scale / √(variance + epsilon) + bias; all vectors are [channels]. y may be x.
void ck_batch_normalization_f32(float *y, const float *x, const float *scale, const float *bias, const float *mean,
                                const float *variance, int64_t batch, int64_t channels, int64_t plane, float epsilon);

/// Bytes of scratch for the two kernels below.
int64_t ck_batch_normalization_scratch(int64_t batch, int64_t channels, int64_t plane);

/// The same with the mean and the (biased) variance of x itself over batch and plane. `running_mean` and
/// `running_variance` (each may be null) = old · momentum + that of x · (1 − momentum); where the old ones are null,
/// they are those of x. y may be x. Without elements the statistics are NaN.
void ck_batch_normalization_training_f32(float *y, float *running_mean, float *running_variance, const float *x,
                                         const float *scale, const float *bias, const float *old_mean,
                                         const float *old_variance, int64_t batch, int64_t channels, int64_t plane,
                                         float epsilon, float momentum, void *scratch);

/// dx, dscale and dbias (each may be null) from dy. With r = 1 / √(variance + epsilon) and x̂ = (x − mean) · r:
/// dbias = Σ dy, dscale = Σ dy · x̂, and dx = scale · r · (dy − mean dy − x̂ · mean(dy · x̂)) where mean and variance are
/// those of x (`training`), dx = scale · r · dy where they are constants. In training, `mean` and `variance` may be
/// null: they are then computed again from x. dx may be dy or x.
void ck_batch_normalization_gradient_f32(float *dx, float *dscale, float *dbias, const float *dy, const float *x,
                                         const float *scale, const float *mean, const float *variance, int64_t batch,
                                         int64_t channels, int64_t plane, float epsilon, bool training, void *scratch);

#endif
