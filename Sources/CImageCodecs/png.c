#include "internal.h"

#include <png.h>

/// The most bytes that an ancillary chunk may unpack to, and the most of them that are kept.
enum { MAX_CHUNK = 8 << 20, MAX_CHUNKS = 256 };

typedef struct source {
  const uint8_t *bytes;
  size_t left;
  ci_image *image;
} source;

static void on_error(png_structp png, png_const_charp text) {
  source *s = png_get_error_ptr(png);
  ci_fail(s->image->message, CI_CORRUPT, "PNG: %s", text);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void read_bytes(png_structp png, png_bytep out, size_t count) {
  source *s = png_get_io_ptr(png);
  if (count > s->left)
    png_error(png, "the picture is cut short");
  memcpy(out, s->bytes, count);
  s->bytes += count;
  s->left -= count;
}

/// Chooses Pillow's mode for the colour type and asks libpng for it.
static ci_mode choose_mode(png_structp png, int depth, int colour) {
  if (colour == PNG_COLOR_TYPE_GRAY && depth == 16) {
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
      png_set_swap(png);
    return CI_GREY16;
  }
  if (depth == 16)
    png_set_strip_16(png);
  if (depth < 8)
    png_set_packing(png);
  switch (colour) {
  case PNG_COLOR_TYPE_GRAY:
    if (depth == 1)
      return CI_BILEVEL;
    if (depth < 8)
      png_set_expand_gray_1_2_4_to_8(png);
    return CI_GREY;
  case PNG_COLOR_TYPE_PALETTE:
    return CI_PALETTE;
  case PNG_COLOR_TYPE_GRAY_ALPHA:
    return CI_GREY_ALPHA;
  case PNG_COLOR_TYPE_RGB:
    return CI_RGB;
  default:
    return CI_RGBA;
  }
}

static void read_palette(png_structp png, png_infop info, ci_image *image) {
  png_colorp colours = NULL;
  int count = 0;
  if (!png_get_PLTE(png, info, &colours, &count))
    return;
  for (int i = 0; i < count && i < 256; i++) {
    image->palette[3 * i] = colours[i].red;
    image->palette[3 * i + 1] = colours[i].green;
    image->palette[3 * i + 2] = colours[i].blue;
  }
}

/// Everything that may longjmp. `rows` belongs to the caller, who frees it.
static ci_status decode(png_structp png, png_infop info, source *s, size_t size, png_bytep **rows) {
  ci_image *image = s->image;
  if (setjmp(png_jmpbuf(png)))
    return CI_CORRUPT;
  png_set_read_fn(png, s, read_bytes);
  png_set_user_limits(png, INT32_MAX, INT32_MAX);
  png_set_chunk_malloc_max(png, MAX_CHUNK);
  png_set_chunk_cache_max(png, MAX_CHUNKS);
  png_read_info(png, info);
  uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  int depth = png_get_bit_depth(png, info);
  // Deflate packs at most 1032 to 1: a header that promises more than the file can hold allocates nothing.
  if (png_get_rowbytes(png, info) / 1032 * height > size)
    return ci_fail(image->message, CI_CORRUPT, "PNG: %u × %u pixels cannot come from %zu bytes: it is cut short", width,
                   height, size);
  ci_mode mode = choose_mode(png, depth, png_get_color_type(png, info));
  read_palette(png, info, image);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  ci_status status = ci_image_allocate(image, width, height, mode);
  if (status != CI_OK)
    return status;
  size_t stride = (size_t)width * (size_t)ci_mode_bytes(mode);
  if (png_get_rowbytes(png, info) != stride)
    return ci_fail(image->message, CI_UNSUPPORTED, "PNG: rows of an unexpected size");
  *rows = malloc(height * sizeof **rows);
  if (!*rows)
    return ci_fail(image->message, CI_OUT_OF_MEMORY, "no memory for the PNG decoder");
  for (size_t y = 0; y < height; y++)
    (*rows)[y] = image->pixels + y * stride;
  png_read_image(png, *rows);
  png_read_end(png, info);
  png_bytep exif = NULL;
  png_uint_32 exif_size = 0;
  if (png_get_eXIf_1(png, info, &exif_size, &exif))
    image->orientation = ci_exif_orientation(exif, exif_size);
  if (mode == CI_BILEVEL)
    for (size_t i = 0; i < image->size; i++)
      image->pixels[i] = image->pixels[i] ? 255 : 0;
  return CI_OK;
}

ci_status ci_decode_png(ci_image *image, const uint8_t *bytes, size_t size) {
  source s = {bytes, size, image};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &s, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    return ci_fail(image->message, CI_OUT_OF_MEMORY, "no memory for the PNG decoder");
  }
  png_bytep *rows = NULL;
  ci_status status = decode(png, info, &s, size, &rows);
  free(rows);
  png_destroy_read_struct(&png, &info, NULL);
  return status;
}
