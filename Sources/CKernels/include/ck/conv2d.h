/// Two-dimensional convolution, NCHW, with groups, strides, pads and dilations.
#ifndef CK_CONV2D_H
#define CK_CONV2D_H

#include "ck/gemm.h"

/// How the weights of a convolution lie.
typedef enum ck_conv2d_weights {
  /// As they are stored: [out_channels, in_channels / groups, kernel_height, kernel_width].
  CK_CONV2D_PLAIN,
  /// For each group, its filters as the columns of a product, as `ck_gemm_pack_f32` lays them out.
  CK_CONV2D_PANELS,
  /// For kernels of 3 × 3 with strides, dilations and groups of 1: transformed to tiles of 6 × 6 as Winograd's
  /// F(4 × 4, 3 × 3) asks for, [36, out_channels, in_channels] (Lavin and Gray 2016).
  CK_CONV2D_WINOGRAD
} ck_conv2d_weights;

/// x [batch, in_channels, in_height, in_width], w [out_channels, in_channels / groups, kernel_height, kernel_width],
/// y [batch, out_channels, out_height, out_width]. Pads at the bottom and on the right follow from the output's size.
typedef struct ck_conv2d {
  int64_t batch, groups;
  int64_t in_channels, in_height, in_width;
  int64_t out_channels, out_height, out_width;
  int64_t kernel_height, kernel_width;
  int64_t stride_y, stride_x;
  int64_t pad_top, pad_left;
  int64_t dilation_y, dilation_x;
  /// Only `ck_conv2d_f32` takes other layouts than the plain one.
  ck_conv2d_weights weights;
} ck_conv2d;

/// The layout of constant weights with which a convolution of these sizes is fastest.
ck_conv2d_weights ck_conv2d_best_weights(const ck_conv2d *sizes);

/// Elements of the weights in the layout `sizes->weights`.
int64_t ck_conv2d_packed_elements(const ck_conv2d *sizes);

/// Brings plain weights into the layout `sizes->weights`.
void ck_conv2d_pack_f32(float *packed, const float *w, const ck_conv2d *sizes);

/// Bytes of scratch for each of the three kernels below, when the calling thread's ck_threads() is at most `threads`.
int64_t ck_conv2d_scratch(const ck_conv2d *sizes, int threads);
int64_t ck_conv2d_input_gradient_scratch(const ck_conv2d *sizes, int threads);
int64_t ck_conv2d_weight_gradient_scratch(const ck_conv2d *sizes);

/// y = activation(x ∗ w + bias + residual); `bias` [out_channels] and `residual`, which is laid out as y and may be y,
/// may be null.
void ck_conv2d_f32(float *y, const float *x, const float *w, const float *bias, const float *residual,
                   const ck_conv2d *sizes, ck_activation activation, void *scratch);

/// dx from dy and w. Where it is a convolution that Winograd's transforms suit, they are made of w in this call.
void ck_conv2d_input_gradient_f32(float *dx, const float *dy, const float *w, const ck_conv2d *sizes, void *scratch);

/// dw from dy and x, images added in their order, or Winograd's tiles in theirs. The gradient of the bias is the sum of
/// dy over axes 0, 2 and 3.
void ck_conv2d_weight_gradient_f32(float *dw, const float *dy, const float *x, const ck_conv2d *sizes, void *scratch);

#endif
