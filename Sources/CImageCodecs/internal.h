/// What the decoders share.
#ifndef CI_INTERNAL_H
#define CI_INTERNAL_H

#include "CImageCodecs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ci_status ci_decode_jpeg(ci_image *image, const uint8_t *bytes, size_t size);
ci_status ci_decode_png(ci_image *image, const uint8_t *bytes, size_t size);
ci_status ci_decode_webp(ci_image *image, const uint8_t *bytes, size_t size);

/// Sets the picture's form and allocates its pixels; says why where it cannot.
ci_status ci_image_allocate(ci_image *image, uint64_t width, uint64_t height, ci_mode mode);
int32_t ci_mode_bytes(ci_mode mode);
/// The orientation in a TIFF block (EXIF without its "Exif\0\0"), or 1.
int32_t ci_exif_orientation(const uint8_t *tiff, size_t size);

__attribute__((format(printf, 3, 4))) static inline ci_status ci_fail(char *message, ci_status status,
                                                                      const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, CI_MESSAGE_SIZE, format, arguments);
  va_end(arguments);
  return status;
}

#endif
