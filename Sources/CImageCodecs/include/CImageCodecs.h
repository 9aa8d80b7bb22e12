/// Pictures as bytes → pixels, pixels → bytes, and Pillow's resampling. Every function returns 0 on success. On failure
/// it returns a `ci_status`, fills `message` where there is one, and leaves nothing allocated.
#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stddef.h>
#include <stdint.h>

/// The most pixels that a picture may declare: more is taken for a decompression bomb.
#define CI_MAX_PIXELS 178956970

enum { CI_MESSAGE_SIZE = 200 };

typedef enum ci_status {
  CI_OK = 0,
  CI_CORRUPT,        ///< not a valid picture, or cut short
  CI_UNKNOWN_FORMAT, ///< neither JPEG, PNG nor WebP
  CI_UNSUPPORTED,    ///< valid, but of a kind that is not read
  CI_TOO_LARGE,      ///< beyond `CI_MAX_PIXELS` or another limit
  CI_OUT_OF_MEMORY,
} ci_status;

/// How a pixel is stored. Rows are packed, top to bottom.
typedef enum ci_mode {
  CI_BILEVEL,    ///< 1 byte, 0 or 255
  CI_GREY,       ///< 1 byte
  CI_GREY16,     ///< 2 bytes, native order
  CI_GREY_ALPHA, ///< 2 bytes
  CI_PALETTE,    ///< 1 byte, index into `palette`
  CI_RGB,        ///< 3 bytes
  CI_RGBA,       ///< 4 bytes, alpha not premultiplied
  CI_CMYK,       ///< 4 bytes, 0 is no ink
} ci_mode;

typedef struct ci_image {
  uint8_t *pixels; ///< freed by `ci_image_free`
  size_t size;     ///< bytes of `pixels`
  int32_t width, height;
  ci_mode mode;
  int32_t orientation;      ///< EXIF orientation, 1 (upright) ... 8
  uint8_t palette[256 * 3]; ///< RGB; black where the file gives none
  char message[CI_MESSAGE_SIZE];
} ci_image;

typedef struct ci_bytes {
  uint8_t *bytes; ///< freed by `ci_bytes_free`
  size_t size;
  char message[CI_MESSAGE_SIZE];
} ci_bytes;

/// Decodes a JPEG, PNG or WebP picture, told apart by its first bytes.
ci_status ci_decode(ci_image *image, const uint8_t *bytes, size_t size);
void ci_image_free(ci_image *image);

/// Encodes packed RGB [height, width, 3] as PNG.
ci_status ci_encode_png(ci_bytes *out, const uint8_t *rgb, int32_t width, int32_t height);

/// Inflates gzip (all members) into at most `limit` bytes.
ci_status ci_gunzip(ci_bytes *out, const uint8_t *bytes, size_t size, size_t limit);
void ci_bytes_free(ci_bytes *bytes);

/// A picture of `width` × `height` resized to `full_width` × `full_height`, of which the window of `window_width` ×
/// `window_height` at (x, y) is computed. The window lies inside the resized picture.
typedef struct ci_resize {
  int32_t width, height;
  int32_t full_width, full_height;
  int32_t x, y, window_width, window_height;
} ci_resize;

typedef enum ci_filter { CI_BILINEAR, CI_BICUBIC } ci_filter;

/// Pillow's separable resampling of 8-bit pixels of 1 ... 4 channels: antialiased when it reduces, 22-bit fixed point.
ci_status ci_resample_u8(uint8_t *out, const uint8_t *in, int32_t channels, ci_filter filter, const ci_resize *r);
/// The same for 16-bit pixels of one channel.
ci_status ci_resample_u16(uint16_t *out, const uint16_t *in, ci_filter filter, const ci_resize *r);
/// Nearest neighbour for 8-bit pixels of one channel.
ci_status ci_resample_nearest(uint8_t *out, const uint8_t *in, const ci_resize *r);
/// Copies the window of a picture that keeps its size; `pixel` is the bytes of a pixel.
void ci_copy_window(uint8_t *out, const uint8_t *in, int32_t pixel, const ci_resize *r);

/// Multiplies the colours by the alpha, the last of 2 or 4 channels: out = round(c · a / 255).
void ci_premultiply(uint8_t *out, const uint8_t *in, size_t pixels, int32_t channels);
/// The inverse, in place; colours stay where alpha is 0 or 255.
void ci_unpremultiply(uint8_t *pixels, size_t count, int32_t channels);
/// Pixels of any mode → RGB, as Pillow's convert("RGB"): alpha is dropped, 16-bit grey saturates at 255.
void ci_convert_rgb(uint8_t *rgb, const uint8_t *in, size_t pixels, ci_mode mode, const uint8_t *palette);
/// Turns a decoded picture upright as its EXIF orientation says; `pixel` is the bytes of a pixel of `in`. The caller
/// swaps width and height for orientations 5 ... 8.
void ci_orient(uint8_t *out, const uint8_t *in, int32_t width, int32_t height, int32_t pixel, int32_t orientation);
/// pixels[c, i] = table[c][rgb[i, c]]: bytes → normalised floats, channels first.
void ci_normalize(float *pixels, const uint8_t *rgb, size_t count, const float *table);

#endif
