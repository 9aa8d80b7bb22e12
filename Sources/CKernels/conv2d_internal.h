/// What convolution's forward and backward share.
#ifndef CK_CONV2D_INTERNAL_H
#define CK_CONV2D_INTERNAL_H

#include "gemm_internal.h"

enum { ck_conv2d_scratch_elements = 1 << 19 };

/// Sizes that follow from those of the convolution, for one group: input channels `channels`, output channels
/// `filters`, `taps` = channels · kernel, `pixels` = output pixels.
typedef struct ck_conv2d_group {
  int64_t channels, filters, kernel, taps, pixels;
} ck_conv2d_group;

static inline ck_conv2d_group ck_conv2d_group_of(const ck_conv2d *s) {
  int64_t channels = s->in_channels / s->groups, kernel = s->kernel_height * s->kernel_width;
  return (ck_conv2d_group){channels, s->out_channels / s->groups, kernel, channels * kernel,
                           s->out_height * s->out_width};
}

/// A kernel of one element that reads every input once: the columns of an image are the image itself.
static inline bool ck_conv2d_is_pointwise(const ck_conv2d *s) {
  return s->kernel_height == 1 && s->kernel_width == 1 && s->stride_y == 1 && s->stride_x == 1 && s->pad_top == 0 &&
         s->pad_left == 0 && s->out_height == s->in_height && s->out_width == s->in_width;
}

/// How many of `total` things of `size` elements fit into a slot of scratch: at least 1.
static inline int64_t ck_conv2d_fitting(int64_t total, int64_t size) {
  return ck_max_i64(1, ck_min_i64(total, ck_conv2d_scratch_elements / ck_max_i64(1, size)));
}

/// One forward convolution.
typedef struct ck_conv2d_call {
  float *y;
  const float *x, *w, *bias, *residual;
  const ck_conv2d *s;
  ck_activation activation;
  ck_conv2d_group g;
  float *scratch;
} ck_conv2d_call;

/// y = activation(sums + bias + residual), for `n` neighbouring outputs of one filter from y[at] on. `sums` may be
/// they.
static inline void ck_conv2d_end_run(const ck_conv2d_call *c, int64_t at, int64_t filter, const float *sums, int64_t n,
                                     const float *residual) {
  const ck_kernels *kernels = ck_dispatch();
  kernels->conv2d_row(c->y + at, sums, c->bias ? c->bias[filter] : 0.0f, residual ? residual + at : NULL,
                      c->activation == CK_ACTIVATION_RELU, n);
  if (c->activation != CK_ACTIVATION_RELU && c->activation != CK_ACTIVATION_NONE) {
    ck_epilogue end = {.activation = c->activation};
    kernels->gemm_end_tile(c->y + at, n, 1, n, 1.0f, &end);
  }
}

/// The ways to compute it: with the filters as rows of the product and the pixels as its columns, those of one image or
/// (`merged`) of all; the other way round; whole maps at once; and by Winograd's transform. With `transposed`, which
/// goes with pointwise convolutions, w is [in_channels, out_channels].
void ck_conv2d_filter_rows(const ck_conv2d_call *c);
void ck_conv2d_merged(const ck_conv2d_call *c, bool transposed);
void ck_conv2d_dense(const ck_conv2d_call *c);
void ck_conv2d_pixel_rows(const ck_conv2d_call *c);
void ck_conv2d_winograd(const ck_conv2d_call *c);

/// Elements of scratch that they need.
int64_t ck_conv2d_filter_rows_scratch(const ck_conv2d *s, int threads);
int64_t ck_conv2d_merged_scratch(const ck_conv2d *s, int threads);
int64_t ck_conv2d_dense_scratch(const ck_conv2d *s);
int64_t ck_conv2d_pixel_rows_scratch(const ck_conv2d *s, int threads);
int64_t ck_conv2d_winograd_scratch(const ck_conv2d *s, int threads);

/// Whether plain weights are multiplied in these ways, where neither Winograd's nor patches go first.
bool ck_conv2d_is_merged(const ck_conv2d *s);
bool ck_conv2d_is_dense(const ck_conv2d *s);

/// The gradients of convolutions that are dense; their scratch is that of the convolution.
void ck_conv2d_dense_input_gradient(float *dx, const float *dy, const float *w, const ck_conv2d *s, float *scratch);
void ck_conv2d_dense_weight_gradient(float *dw, const float *dy, const float *x, const ck_conv2d *s, float *scratch);

/// Products of a tile's transforms; filters whose transformed weights lie together.
enum { CK_WINOGRAD_POINTS = 36, CK_WINOGRAD_FILTERS = 12 };

/// Elements of the transformed weights [CK_WINOGRAD_POINTS, filters / CK_WINOGRAD_FILTERS, in_channels,
/// CK_WINOGRAD_FILTERS], zeros behind the last filter, and how they are made. With `backward`, `s` is the convolution
/// of dy that gives dx, and w [in_channels, out_channels, 3, 3] that of the convolution forward.
int64_t ck_conv2d_winograd_elements(const ck_conv2d *s);
void ck_conv2d_winograd_pack(float *packed, const float *w, const ck_conv2d *s, bool backward);

/// Whether the weights are worth transforming for one call, and that call, with plain weights; its scratch.
bool ck_conv2d_winograd_pays(const ck_conv2d *s);
void ck_conv2d_winograd_once(const ck_conv2d_call *c, bool backward);
int64_t ck_conv2d_winograd_once_scratch(const ck_conv2d *s, int threads);

/// dw where `ck_conv2d_winograd_pays`; its scratch.
void ck_conv2d_winograd_gradient(float *dw, const float *dy, const float *x, const ck_conv2d *s, float *scratch);
int64_t ck_conv2d_winograd_gradient_scratch(const ck_conv2d *s);

/// The convolution of dy, with weights turned and transposed, that gives dx where strides, dilations and groups are 1.
ck_conv2d ck_conv2d_backward(const ck_conv2d *s);

/// Patches: the kernel tiles the image, so that every input element belongs to one output pixel, as in a ViT's
/// embedding.
static inline bool ck_conv2d_is_patches(const ck_conv2d *s) {
  return !ck_conv2d_is_pointwise(s) && s->groups == 1 && s->kernel_height == s->stride_y &&
         s->kernel_width == s->stride_x && s->pad_top == 0 && s->pad_left == 0 && s->dilation_y == 1 &&
         s->dilation_x == 1 && s->out_height * s->stride_y <= s->in_height && s->out_width * s->stride_x <= s->in_width;
}

/// columns [last_tap − first_tap, last_pixel − first_pixel], rows `stride` apart, = the inputs that each output pixel
/// sees at each tap; `image` is one group's channels of one image.
void ck_conv2d_columns(float *columns, int64_t stride, const float *image, const ck_conv2d *s, int64_t first_tap,
                       int64_t last_tap, int64_t first_pixel, int64_t last_pixel);

/// The transpose of that: adds columns into the image.
void ck_conv2d_add_columns(float *image, const float *columns, const ck_conv2d *s, int64_t first_tap, int64_t last_tap,
                           int64_t first_pixel, int64_t last_pixel);

#endif
