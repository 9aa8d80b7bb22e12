#include "internal.h"

#include <png.h>

typedef struct sink {
  ci_bytes *out;
  size_t capacity;
} sink;

static void on_error(png_structp png, png_const_charp text) {
  sink *s = png_get_error_ptr(png);
  ci_fail(s->out->message, CI_OUT_OF_MEMORY, "PNG: %s", text);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
  sink *s = png_get_io_ptr(png);
  if (count > s->capacity - s->out->size) {
    size_t capacity = 2 * s->capacity + count;
    uint8_t *grown = realloc(s->out->bytes, capacity);
    if (!grown)
      png_error(png, "no memory");
    s->out->bytes = grown;
    s->capacity = capacity;
  }
  memcpy(s->out->bytes + s->out->size, bytes, count);
  s->out->size += count;
}

static void flush_nothing(png_structp png) { (void)png; }

static ci_status encode(png_structp png, png_infop info, sink *s, const uint8_t *rgb, int32_t width, int32_t height) {
  if (setjmp(png_jmpbuf(png)))
    return CI_OUT_OF_MEMORY;
  png_set_write_fn(png, s, write_bytes, flush_nothing);
  png_set_user_limits(png, INT32_MAX, INT32_MAX);
  png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (size_t y = 0; y < (size_t)height; y++)
    png_write_row(png, rgb + y * (size_t)width * 3);
  png_write_end(png, info);
  return CI_OK;
}

ci_status ci_encode_png(ci_bytes *out, const uint8_t *rgb, int32_t width, int32_t height) {
  memset(out, 0, sizeof *out);
  sink s = {out, 0};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &s, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  ci_status status = info ? encode(png, info, &s, rgb, width, height)
                          : ci_fail(out->message, CI_OUT_OF_MEMORY, "no memory for the PNG encoder");
  png_destroy_write_struct(&png, &info);
  if (status != CI_OK)
    ci_bytes_free(out);
  return status;
}
