#include "internal.h"

/// round(a · b / 255)
static inline uint8_t multiply(uint32_t a, uint32_t b) {
  uint32_t t = a * b + 128;
  return (uint8_t)(((t >> 8) + t) >> 8);
}

void ci_premultiply(uint8_t *out, const uint8_t *in, size_t pixels, int32_t channels) {
  size_t n = (size_t)channels;
  for (size_t i = 0; i < pixels; i++, in += n, out += n) {
    for (size_t c = 0; c + 1 < n; c++)
      out[c] = multiply(in[c], in[n - 1]);
    out[n - 1] = in[n - 1];
  }
}

void ci_unpremultiply(uint8_t *pixels, size_t count, int32_t channels) {
  size_t n = (size_t)channels;
  for (size_t i = 0; i < count; i++, pixels += n) {
    uint32_t alpha = pixels[n - 1];
    if (alpha == 0 || alpha == 255)
      continue;
    for (size_t c = 0; c + 1 < n; c++) {
      uint32_t v = 255 * pixels[c] / alpha;
      pixels[c] = (uint8_t)(v > 255 ? 255 : v);
    }
  }
}

static inline void write_rgb(uint8_t *rgb, uint8_t r, uint8_t g, uint8_t b) {
  rgb[0] = r;
  rgb[1] = g;
  rgb[2] = b;
}

void ci_convert_rgb(uint8_t *rgb, const uint8_t *in, size_t pixels, ci_mode mode, const uint8_t *palette) {
  if (mode == CI_RGB) {
    memcpy(rgb, in, pixels * 3);
    return;
  }
  size_t step = (size_t)ci_mode_bytes(mode);
  for (size_t i = 0; i < pixels; i++, in += step, rgb += 3) {
    switch (mode) {
    case CI_GREY16: {
      uint16_t wide;
      memcpy(&wide, in, sizeof wide);
      uint8_t v = (uint8_t)(wide > 255 ? 255 : wide);
      write_rgb(rgb, v, v, v);
      break;
    }
    case CI_PALETTE:
      memcpy(rgb, palette + 3 * (size_t)in[0], 3);
      break;
    case CI_RGBA:
      memcpy(rgb, in, 3);
      break;
    case CI_CMYK: {
      uint8_t light = (uint8_t)(255 - in[3]);
      for (int c = 0; c < 3; c++)
        rgb[c] = (uint8_t)(light - multiply(in[c], light));
      break;
    }
    default:
      write_rgb(rgb, in[0], in[0], in[0]);
      break;
    }
  }
}

void ci_orient(uint8_t *out, const uint8_t *in, int32_t width, int32_t height, int32_t pixel, int32_t orientation) {
  size_t w = (size_t)width, h = (size_t)height, p = (size_t)pixel;
  int transposed = orientation >= 5;
  int flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  int flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  for (size_t y = 0; y < (transposed ? w : h); y++)
    for (size_t x = 0; x < (transposed ? h : w); x++, out += p) {
      size_t column = transposed ? y : x, row = transposed ? x : y;
      if (flip_x)
        column = w - 1 - column;
      if (flip_y)
        row = h - 1 - row;
      memcpy(out, in + (row * w + column) * p, p);
    }
}

void ci_normalize(float *pixels, const uint8_t *rgb, size_t count, const float *table) {
  for (size_t c = 0; c < 3; c++)
    for (size_t i = 0; i < count; i++)
      pixels[c * count + i] = table[c * 256 + rgb[3 * i + c]];
}
