#include "internal.h"

int32_t ci_mode_bytes(ci_mode mode) {
  switch (mode) {
  case CI_BILEVEL:
  case CI_GREY:
  case CI_PALETTE:
    return 1;
  case CI_GREY16:
  case CI_GREY_ALPHA:
    return 2;
  case CI_RGB:
    return 3;
  case CI_RGBA:
  case CI_CMYK:
    return 4;
  }
  return 0;
}

ci_status ci_image_allocate(ci_image *image, uint64_t width, uint64_t height, ci_mode mode) {
  if (width == 0 || height == 0)
    return ci_fail(image->message, CI_CORRUPT, "the picture has no pixels");
  if (width > INT32_MAX || height > INT32_MAX || width * height > CI_MAX_PIXELS)
    return ci_fail(image->message, CI_TOO_LARGE, "%llu × %llu pixels are more than the limit of %d",
                   (unsigned long long)width, (unsigned long long)height, CI_MAX_PIXELS);
  image->width = (int32_t)width;
  image->height = (int32_t)height;
  image->mode = mode;
  image->size = (size_t)(width * height) * (size_t)ci_mode_bytes(mode);
  image->pixels = malloc(image->size);
  if (!image->pixels)
    return ci_fail(image->message, CI_OUT_OF_MEMORY, "no memory for %zu bytes of pixels", image->size);
  return CI_OK;
}

void ci_image_free(ci_image *image) {
  free(image->pixels);
  image->pixels = NULL;
  image->size = 0;
}

static ci_status decode(ci_image *image, const uint8_t *bytes, size_t size) {
  static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  if (size == 0)
    return ci_fail(image->message, CI_CORRUPT, "the picture is empty");
  if (size >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff)
    return ci_decode_jpeg(image, bytes, size);
  if (size >= 8 && !memcmp(bytes, png, 8))
    return ci_decode_png(image, bytes, size);
  if (size >= 12 && !memcmp(bytes, "RIFF", 4) && !memcmp(bytes + 8, "WEBP", 4))
    return ci_decode_webp(image, bytes, size);
  const char *kind = "its first bytes are none of theirs";
  if (size >= 4 && !memcmp(bytes, "GIF8", 4))
    kind = "it is a GIF";
  else if (size >= 2 && !memcmp(bytes, "BM", 2))
    kind = "it is a BMP";
  else if (size >= 4 && (!memcmp(bytes, "II*\0", 4) || !memcmp(bytes, "MM\0*", 4)))
    kind = "it is a TIFF";
  else if (size >= 12 && !memcmp(bytes + 4, "ftyp", 4))
    kind = "it is an AVIF, HEIF or video";
  return ci_fail(image->message, CI_UNKNOWN_FORMAT, "not a JPEG, PNG or WebP picture: %s", kind);
}

ci_status ci_decode(ci_image *image, const uint8_t *bytes, size_t size) {
  memset(image, 0, sizeof *image);
  image->orientation = 1;
  ci_status status = decode(image, bytes, size);
  if (status != CI_OK)
    ci_image_free(image);
  return status;
}

static uint32_t read16(const uint8_t *p, int big) {
  return big ? (uint32_t)(p[0] << 8 | p[1]) : (uint32_t)(p[1] << 8 | p[0]);
}

static uint32_t read32(const uint8_t *p, int big) {
  return big ? read16(p, big) << 16 | read16(p + 2, big) : read16(p + 2, big) << 16 | read16(p, big);
}

int32_t ci_exif_orientation(const uint8_t *tiff, size_t size) {
  if (size < 8)
    return 1;
  int big = tiff[0] == 'M';
  if (!big && tiff[0] != 'I')
    return 1;
  size_t directory = read32(tiff + 4, big);
  if (directory > size - 2 || size < 2)
    return 1;
  uint32_t count = read16(tiff + directory, big);
  for (size_t i = 0, at = directory + 2; i < count && at + 12 <= size; i++, at += 12) {
    if (read16(tiff + at, big) != 0x0112)
      continue;
    uint32_t value = read16(tiff + at + 8, big);
    return value >= 1 && value <= 8 ? (int32_t)value : 1;
  }
  return 1;
}
