/// Two-dimensional pooling, NCHW: batch and channels together are planes.
#ifndef CK_POOL2D_H
#define CK_POOL2D_H

#include <stdbool.h>
#include <stdint.h>

/// One spatial axis: window `o` sees inputs o · stride − pad_begin + t · dilation for t in [0, kernel), those outside
/// of [0, in) left out.
typedef struct ck_pool_axis {
  int64_t in, out, kernel, stride, dilation, pad_begin, pad_end;
} ck_pool_axis;

/// x [planes, down.in, across.in], y [planes, down.out, across.out].
typedef struct ck_pool2d {
  int64_t planes;
  ck_pool_axis down, across;
} ck_pool2d;

/// y = the mean of each window; dilations are 1. Every window sees something. With `count_pads` the pads count as
/// zeros, but what lies beyond them does not.
void ck_average_pool2d_f32(float *y, const float *x, const ck_pool2d *sizes, bool count_pads);

/// dx from dy.
void ck_average_pool2d_gradient_f32(float *dx, const float *dy, const ck_pool2d *sizes, bool count_pads);

/// y = the largest element of each window, NaN where there is one; −∞ for a window that sees nothing. `indices`, laid
/// out as y, may be null: where in x each one lies, at the first of equals; 0 for a window that sees nothing.
void ck_max_pool2d_f32(float *y, int64_t *indices, const float *x, const ck_pool2d *sizes);

#endif
