#include "conv2d_internal.h"
#include <string.h>

/// Maps so small that most of a kernel lies outside of them, as products over whole maps: y [batch, filters · pixels] =
/// x [batch, channels · inputs] · Mᵀ, where M [filters · pixels, channels · inputs] holds at (f, p, c, q) the weight by
/// which pixel p sees input q, 0 where it sees none.

enum { least_batch = 4 };

typedef struct dense {
  const ck_conv2d *s;
  ck_conv2d_group g;
  int64_t inputs; // pixels of a channel of x
  float *m, *bias;
  const float *w, *from;
  float *dw;
} dense;

/// M is w as it is: there is one pixel, which sees every input once.
static bool is_weights(const ck_conv2d *s) {
  return s->out_height == 1 && s->out_width == 1 && s->pad_top == 0 && s->pad_left == 0 && s->dilation_y == 1 &&
         s->dilation_x == 1 && s->kernel_height == s->in_height && s->kernel_width == s->in_width;
}

bool ck_conv2d_is_dense(const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  int64_t inputs = s->in_height * s->in_width;
  if (s->groups != 1 || inputs == 0 || g.pixels == 0 || g.pixels > 2 * g.kernel || inputs > 2 * g.kernel)
    return false;
  return is_weights(s) || (s->batch >= least_batch && inputs * g.pixels <= 2 * g.kernel);
}

static dense dense_of(const ck_conv2d *s, const float *w, float *scratch) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  int64_t inputs = s->in_height * s->in_width;
  float *m = scratch + g.filters * g.pixels;
  return (dense){.s = s, .g = g, .inputs = inputs, .m = m, .bias = scratch, .w = w, .from = is_weights(s) ? w : m};
}

int64_t ck_conv2d_dense_scratch(const ck_conv2d *s) {
  ck_conv2d_group g = ck_conv2d_group_of(s);
  int64_t matrix = g.filters * g.pixels * g.channels * s->in_height * s->in_width;
  return g.filters * g.pixels + (is_weights(s) ? 0 : matrix);
}

/// The tap by which `pixel` sees `input`, −1 where it does not.
static int64_t tap_of(const ck_conv2d *s, int64_t pixel, int64_t input) {
  int64_t y = input / s->in_width - pixel / s->out_width * s->stride_y + s->pad_top;
  int64_t x = input % s->in_width - pixel % s->out_width * s->stride_x + s->pad_left;
  if (y < 0 || x < 0 || y % s->dilation_y != 0 || x % s->dilation_x != 0)
    return -1;
  y /= s->dilation_y;
  x /= s->dilation_x;
  return y < s->kernel_height && x < s->kernel_width ? y * s->kernel_width + x : -1;
}

/// M's rows of one filter.
static void run_spread(void *context, int64_t filter, int slot) {
  (void)slot;
  const dense *d = context;
  const float *w = d->w + filter * d->g.taps;
  for (int64_t pixel = 0; pixel < d->g.pixels; pixel++) {
    float *row = d->m + (filter * d->g.pixels + pixel) * d->g.channels * d->inputs;
    for (int64_t input = 0; input < d->inputs; input++) {
      int64_t tap = tap_of(d->s, pixel, input);
      for (int64_t c = 0; c < d->g.channels; c++)
        row[c * d->inputs + input] = tap < 0 ? 0.0f : w[c * d->g.kernel + tap];
    }
  }
}

/// dw of one filter from the gradient of M, pixels added in their order.
static void run_fold(void *context, int64_t filter, int slot) {
  (void)slot;
  const dense *d = context;
  float *dw = d->dw + filter * d->g.taps;
  memset(dw, 0, (size_t)d->g.taps * sizeof(float));
  for (int64_t pixel = 0; pixel < d->g.pixels; pixel++) {
    const float *row = d->m + (filter * d->g.pixels + pixel) * d->g.channels * d->inputs;
    for (int64_t input = 0; input < d->inputs; input++) {
      int64_t tap = tap_of(d->s, pixel, input);
      for (int64_t c = 0; c < d->g.channels && tap >= 0; c++)
        dw[c * d->g.kernel + tap] += row[c * d->inputs + input];
    }
  }
}

static void spread(dense *d) {
  if (d->from == d->m)
    ck_parallel(d->g.filters, d->g.filters * d->g.pixels * d->g.channels * d->inputs, run_spread, d);
}

void ck_conv2d_dense(const ck_conv2d_call *c) {
  dense d = dense_of(c->s, c->w, c->scratch);
  spread(&d);
  int64_t width = d.g.filters * d.g.pixels, depth = d.g.channels * d.inputs;
  for (int64_t i = 0; c->bias && i < width; i++)
    d.bias[i] = c->bias[i / d.g.pixels];
  ck_epilogue end = {.bias = c->bias ? d.bias : NULL, .residual = c->residual};
  ck_gemm g = {.m = c->s->batch,
               .n = width,
               .k = depth,
               .lda = depth,
               .ldb = depth,
               .ldc = width,
               .transpose_b = true,
               .alpha = 1.0f};
  ck_gemm_f32(c->y, c->x, d.from, &end, &g);
  if (c->activation != CK_ACTIVATION_NONE) {
    ck_epilogue activation = {.activation = c->activation};
    ck_dispatch()->gemm_end_tile(c->y, width, c->s->batch, width, 1.0f, &activation);
  }
}

void ck_conv2d_dense_input_gradient(float *dx, const float *dy, const float *w, const ck_conv2d *s, float *scratch) {
  dense d = dense_of(s, w, scratch);
  spread(&d);
  int64_t depth = d.g.filters * d.g.pixels, width = d.g.channels * d.inputs;
  ck_gemm g = {.m = s->batch, .n = width, .k = depth, .lda = depth, .ldb = width, .ldc = width, .alpha = 1.0f};
  ck_gemm_f32(dx, dy, d.from, NULL, &g);
}

void ck_conv2d_dense_weight_gradient(float *dw, const float *dy, const float *x, const ck_conv2d *s, float *scratch) {
  dense d = dense_of(s, NULL, scratch);
  bool direct = is_weights(s);
  d.dw = dw;
  int64_t height = d.g.filters * d.g.pixels, width = d.g.channels * d.inputs;
  ck_gemm g = {.m = height,
               .n = width,
               .k = s->batch,
               .lda = height,
               .ldb = width,
               .ldc = width,
               .transpose_a = true,
               .alpha = 1.0f};
  ck_gemm_f32(direct ? dw : d.m, dy, x, NULL, &g);
  if (!direct)
    ck_parallel(d.g.filters, height * width, run_fold, &d);
}
