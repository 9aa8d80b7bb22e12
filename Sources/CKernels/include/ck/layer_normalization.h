/// Layer normalisation (Ba, Kiros and Hinton 2016).
#ifndef CK_LAYER_NORMALIZATION_H
#define CK_LAYER_NORMALIZATION_H

#include "ck/types.h"

/// Every row of x [rows, width]: y = (x − mean x) · inverse_deviation · scale + bias, with
/// inverse_deviation = 1 / √(var x + epsilon). `bias` [width] may be null; so may `mean` and `inverse_deviation`
/// [rows]. y may be x.
void ck_layer_normalization_f32(float *y, float *mean, float *inverse_deviation, const float *x, const float *scale,
                                const float *bias, int64_t rows, int64_t width, float epsilon);

/// Bytes of scratch for the gradient.
int64_t ck_layer_normalization_gradient_scratch(int64_t rows, int64_t width);

/// dx [rows, width], dscale [width] and dbias [width] (each may be null) from dy. With x̂ the normalised row and
/// g = dy · scale: dx = inverse_deviation · (g − mean g − x̂ · mean(g · x̂)). `mean` and `inverse_deviation` may be
/// null: they are then computed again from x and epsilon. dx may be dy, not x.
void ck_layer_normalization_gradient_f32(float *dx, float *dscale, float *dbias, const float *dy, const float *x,
                                         const float *scale, const float *mean, const float *inverse_deviation,
                                         int64_t rows, int64_t width, float epsilon, void *scratch);

#endif
