#include "conv2d_internal.h"
#include <string.h>

int64_t ck_conv2d_packed_elements(const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  switch (s->weights) {
  case CK_CONV2D_PLAIN:
    return s->out_channels * g.taps;
  case CK_CONV2D_PANELS:
    return s->groups * ck_gemm_packed_elements(g.taps, g.filters);
  case CK_CONV2D_WINOGRAD:
    return ck_conv2d_winograd_elements(s);
  }
}

void ck_conv2d_pack_f32(float *packed, const float *w, const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  switch (s->weights) {
  case CK_CONV2D_PLAIN:
    memcpy(packed, w, (size_t)(s->out_channels * g.taps) * sizeof(float));
    break;
  case CK_CONV2D_PANELS:
    for (int64_t group = 0; group < s->groups; group++)
      ck_gemm_pack_f32(packed + group * ck_gemm_packed_elements(g.taps, g.filters), w + group * g.filters * g.taps,
                       g.taps, g.filters, g.taps, true);
    break;
  case CK_CONV2D_WINOGRAD:
    ck_conv2d_winograd_pack(packed, w, s, false);
    break;
  }
}

enum {
  least_channels = 16, // of input and output for Winograd's transforms to pay
  least_tiles = 16,    // for four times as many weights to be read often enough
  most_pixels = 256,   // of a map whose pixels are rows
  least_taps = 256,    // for the product to outweigh its transposition
  least_filters = 32
};

static bool suits_winograd(const ck_conv2d *s) {
  bool three = s->kernel_height == 3 && s->kernel_width == 3 && s->stride_y == 1 && s->stride_x == 1;
  bool dense = s->groups == 1 && s->dilation_y == 1 && s->dilation_x == 1;
  if (!three || !dense || s->in_channels < least_channels || s->out_channels < least_channels)
    return false;
  return s->batch * ck_ceil_div(s->out_height, 4) * ck_ceil_div(s->out_width, 4) >= least_tiles;
}

/// Tiles have to save half of the multiplications at least.
bool ck_conv2d_winograd_pays(const ck_conv2d *s) {
  int64_t tiles = ck_ceil_div(s->out_height, 4) * ck_ceil_div(s->out_width, 4);
  return suits_winograd(s) && 9 * s->out_height * s->out_width >= 2 * CK_WINOGRAD_POINTS * tiles;
}

ck_conv2d_weights ck_conv2d_best_weights(const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  if (suits_winograd(s))
    return CK_CONV2D_WINOGRAD;
  bool small = g.pixels <= most_pixels && g.taps >= least_taps && g.filters >= least_filters;
  return small || ck_conv2d_is_patches(s) ? CK_CONV2D_PANELS : CK_CONV2D_PLAIN;
}

/// How a convolution is computed.
typedef enum way { filter_rows, pixel_rows, merged, dense, winograd, winograd_once } way;

static way way_of(const ck_conv2d *s) {
  switch (s->weights) {
  case CK_CONV2D_WINOGRAD:
    return winograd;
  case CK_CONV2D_PANELS:
    return pixel_rows;
  case CK_CONV2D_PLAIN:
    break;
  }
  if (ck_conv2d_is_dense(s))
    return dense;
  if (ck_conv2d_winograd_pays(s))
    return winograd_once;
  if (ck_conv2d_is_patches(s))
    return pixel_rows;
  return ck_conv2d_is_merged(s) ? merged : filter_rows;
}

static int64_t forward_elements(const ck_conv2d *s, int threads) {
  switch (way_of(s)) {
  case filter_rows:
    return ck_conv2d_filter_rows_scratch(s, threads);
  case pixel_rows:
    return ck_conv2d_pixel_rows_scratch(s, threads);
  case merged:
    return ck_conv2d_merged_scratch(s, threads);
  case dense:
    return ck_conv2d_dense_scratch(s);
  case winograd:
    return ck_conv2d_winograd_scratch(s, threads);
  case winograd_once:
    return ck_conv2d_winograd_once_scratch(s, threads);
  }
}

int64_t ck_conv2d_scratch(const ck_conv2d *sizes, int threads) {
  return forward_elements(sizes, threads) * (int64_t)sizeof(float);
}

void ck_conv2d_f32(float *y, const float *x, const float *w, const float *bias, const float *residual,
                   const ck_conv2d *sizes, ck_activation activation, void *scratch) {
  ck_conv2d_group g = ck_conv2d_group_of(sizes);
  int64_t outputs = sizes->batch * sizes->out_channels * g.pixels;
  if (outputs == 0)
    return;
  ck_conv2d_call c = {y, x, w, bias, residual, sizes, activation, g, scratch};
  if (g.taps == 0) {
    memset(y, 0, residual == y ? 0 : (size_t)outputs * sizeof(float));
    for (int64_t at = 0; at < outputs; at += g.pixels)
      ck_conv2d_end_run(&c, at, at / g.pixels % sizes->out_channels, y + at, g.pixels, residual == y ? NULL : residual);
    return;
  }
  switch (way_of(sizes)) {
  case filter_rows:
    ck_conv2d_filter_rows(&c);
    break;
  case pixel_rows:
    ck_conv2d_pixel_rows(&c);
    break;
  case merged:
    ck_conv2d_merged(&c, false);
    break;
  case dense:
    ck_conv2d_dense(&c);
    break;
  case winograd:
    ck_conv2d_winograd(&c);
    break;
  case winograd_once:
    ck_conv2d_winograd_once(&c, false);
    break;
  }
}
