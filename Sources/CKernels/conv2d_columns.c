#include "conv2d_internal.h"

/// The run of output pixels [pixel, end) of one output row, and where its inputs lie for one tap.
typedef struct run {
  int64_t count, valid_begin, valid_end, input;
} run;

/// The run from `pixel` on; outputs [valid_begin, valid_end) of it see the image, the first of them at offset `input`.
static run run_at(const ck_conv2d *s, int64_t ky, int64_t kx, int64_t pixel, int64_t end) {
  int64_t oy = pixel / s->out_width, ox = pixel % s->out_width;
  int64_t count = ck_min_i64(s->out_width - ox, end - pixel);
  int64_t y = oy * s->stride_y - s->pad_top + ky * s->dilation_y;
  int64_t x = ox * s->stride_x - s->pad_left + kx * s->dilation_x;
  if (y < 0 || y >= s->in_height)
    return (run){count, 0, 0, 0};
  int64_t begin = x >= 0 ? 0 : ck_min_i64(count, ck_ceil_div(-x, s->stride_x));
  int64_t beyond = x >= s->in_width ? 0 : ck_min_i64(count, ck_ceil_div(s->in_width - x, s->stride_x));
  return (run){count, begin, ck_max_i64(begin, beyond), y * s->in_width + x + begin * s->stride_x};
}

void ck_conv2d_columns(float *columns, const float *image, const ck_conv2d *s, int64_t first_tap, int64_t last_tap,
                       int64_t first_pixel, int64_t last_pixel) {
  int64_t kernel = s->kernel_height * s->kernel_width;
  for (int64_t tap = first_tap; tap < last_tap; tap++) {
    const float *channel = image + tap / kernel * s->in_height * s->in_width;
    int64_t ky = tap % kernel / s->kernel_width, kx = tap % s->kernel_width;
    for (int64_t pixel = first_pixel; pixel < last_pixel;) {
      run r = run_at(s, ky, kx, pixel, last_pixel);
      for (int64_t i = 0; i < r.valid_begin; i++)
        columns[i] = 0.0f;
      const float *from = channel + r.input;
      for (int64_t i = r.valid_begin; i < r.valid_end; i++)
        columns[i] = from[(i - r.valid_begin) * s->stride_x];
      for (int64_t i = r.valid_end; i < r.count; i++)
        columns[i] = 0.0f;
      columns += r.count;
      pixel += r.count;
    }
  }
}

void ck_conv2d_add_columns(float *image, const float *columns, const ck_conv2d *s, int64_t first_tap, int64_t last_tap,
                           int64_t first_pixel, int64_t last_pixel) {
  int64_t kernel = s->kernel_height * s->kernel_width;
  for (int64_t tap = first_tap; tap < last_tap; tap++) {
    float *channel = image + tap / kernel * s->in_height * s->in_width;
    int64_t ky = tap % kernel / s->kernel_width, kx = tap % s->kernel_width;
    for (int64_t pixel = first_pixel; pixel < last_pixel;) {
      run r = run_at(s, ky, kx, pixel, last_pixel);
      float *to = channel + r.input;
      for (int64_t i = r.valid_begin; i < r.valid_end; i++)
        to[(i - r.valid_begin) * s->stride_x] += columns[i];
      columns += r.count;
      pixel += r.count;
    }
  }
}
