#include "conv2d_internal.h"

/// One tap of the kernel: input = output · stride + (y, x); outputs [first, last) of a row that is inside see the
/// image.
typedef struct tap {
  int64_t y, x, first, last;
} tap;

static tap tap_of(const ck_conv2d *s, int64_t ky, int64_t kx) {
  int64_t y = ky * s->dilation_y - s->pad_top, x = kx * s->dilation_x - s->pad_left;
  int64_t first = x >= 0 ? 0 : ck_ceil_div(-x, s->stride_x);
  int64_t last = x >= s->in_width ? 0 : ck_ceil_div(s->in_width - x, s->stride_x);
  return (tap){y, x, first, last};
}

/// Neighbouring output pixels of one row, and where their inputs lie: [valid_begin, valid_end) of them see the image,
/// the first of those at offset `input`.
typedef struct run {
  int64_t count, valid_begin, valid_end, input;
} run;

/// Outputs [begin, end) of row `row`.
static run run_in_row(const ck_conv2d *s, const tap *t, int64_t row, int64_t begin, int64_t end) {
  int64_t y = row * s->stride_y + t->y;
  if (y < 0 || y >= s->in_height)
    return (run){end - begin, 0, 0, 0};
  int64_t from = ck_min_i64(end, ck_max_i64(begin, t->first)), to = ck_max_i64(from, ck_min_i64(end, t->last));
  return (run){end - begin, from - begin, to - begin, y * s->in_width + from * s->stride_x + t->x};
}

/// The body runs for every tap and every row of output pixels [first_pixel, last_pixel): `r` is the run, `channel` the
/// offset of the tap's channel in the image.
#define FOR_EACH_RUN(...)                                                                                              \
  for (int64_t at = first_tap; at < last_tap; at++) {                                                                  \
    int64_t kernel = s->kernel_height * s->kernel_width, channel = at / kernel * s->in_height * s->in_width;           \
    tap t = tap_of(s, at % kernel / s->kernel_width, at % s->kernel_width);                                            \
    int64_t pixel = first_pixel, row = first_pixel / s->out_width;                                                     \
    for (; pixel < last_pixel; row++) {                                                                                \
      int64_t end = ck_min_i64((row + 1) * s->out_width, last_pixel);                                                  \
      run r = run_in_row(s, &t, row, pixel - row * s->out_width, end - row * s->out_width);                            \
      __VA_ARGS__                                                                                                      \
      columns += r.count;                                                                                              \
      pixel = end;                                                                                                     \
    }                                                                                                                  \
    columns += stride - (last_pixel - first_pixel);                                                                    \
  }

void ck_conv2d_columns(float *columns, int64_t stride, const float *image, const ck_conv2d *s, int64_t first_tap,
                       int64_t last_tap, int64_t first_pixel, int64_t last_pixel) {
  FOR_EACH_RUN({
    const float *from = image + channel + r.input;
    for (int64_t i = 0; i < r.valid_begin; i++)
      columns[i] = 0.0f;
    if (s->stride_x == 1) {
      for (int64_t i = r.valid_begin; i < r.valid_end; i++)
        columns[i] = from[i - r.valid_begin];
    } else {
      for (int64_t i = r.valid_begin; i < r.valid_end; i++)
        columns[i] = from[(i - r.valid_begin) * s->stride_x];
    }
    for (int64_t i = r.valid_end; i < r.count; i++)
      columns[i] = 0.0f;
  })
}

void ck_conv2d_add_columns(float *image, const float *columns, const ck_conv2d *s, int64_t first_tap, int64_t last_tap,
                           int64_t first_pixel, int64_t last_pixel) {
  int64_t stride = last_pixel - first_pixel;
  FOR_EACH_RUN({
    float *to = image + channel + r.input;
    if (s->stride_x == 1) {
      for (int64_t i = r.valid_begin; i < r.valid_end; i++)
        to[i - r.valid_begin] += columns[i];
    } else {
      for (int64_t i = r.valid_begin; i < r.valid_end; i++)
        to[(i - r.valid_begin) * s->stride_x] += columns[i];
    }
  })
}
