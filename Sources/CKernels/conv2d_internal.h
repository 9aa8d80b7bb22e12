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

/// columns [last_tap − first_tap, last_pixel − first_pixel] = the inputs that each output pixel sees at each tap;
/// `image` is one group's channels of one image.
void ck_conv2d_columns(float *columns, const float *image, const ck_conv2d *s, int64_t first_tap, int64_t last_tap,
                       int64_t first_pixel, int64_t last_pixel);

/// The transpose of that: adds columns into the image.
void ck_conv2d_add_columns(float *image, const float *columns, const ck_conv2d *s, int64_t first_tap, int64_t last_tap,
                           int64_t first_pixel, int64_t last_pixel);

/// Elements of scratch in a slot of each kernel.
int64_t ck_conv2d_forward_slot(const ck_conv2d *s);
int64_t ck_conv2d_gradient_slot(const ck_conv2d *s);

#endif
