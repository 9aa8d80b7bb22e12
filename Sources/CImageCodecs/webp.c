#include "internal.h"

#include <webp/decode.h>
#include <webp/demux.h>

static const char *reason(VP8StatusCode code) {
  switch (code) {
  case VP8_STATUS_OUT_OF_MEMORY:
    return "no memory";
  case VP8_STATUS_NOT_ENOUGH_DATA:
    return "the picture is cut short";
  case VP8_STATUS_UNSUPPORTED_FEATURE:
    return "a feature that is not supported";
  default:
    return "invalid data";
  }
}

/// The first frame of an animation on its canvas.
static ci_status decode_animation(ci_image *image, const uint8_t *bytes, size_t size) {
  WebPData data = {bytes, size};
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options))
    return ci_fail(image->message, CI_UNSUPPORTED, "WebP: library mismatch");
  options.color_mode = MODE_RGBA;
  WebPAnimDecoder *decoder = WebPAnimDecoderNew(&data, &options);
  if (!decoder)
    return ci_fail(image->message, CI_CORRUPT, "WebP: the animation is invalid or cut short");
  uint8_t *frame = NULL;
  int timestamp = 0;
  ci_status status = CI_OK;
  if (WebPAnimDecoderGetNext(decoder, &frame, &timestamp))
    memcpy(image->pixels, frame, image->size);
  else
    status = ci_fail(image->message, CI_CORRUPT, "WebP: the first frame is invalid");
  WebPAnimDecoderDelete(decoder);
  return status;
}

static void read_orientation(ci_image *image, const uint8_t *bytes, size_t size) {
  WebPData data = {bytes, size};
  WebPDemuxer *demuxer = WebPDemux(&data);
  WebPChunkIterator chunk;
  if (demuxer && WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
    const uint8_t *tiff = chunk.chunk.bytes;
    size_t count = chunk.chunk.size, skip = count >= 6 && !memcmp(tiff, "Exif\0\0", 6) ? 6 : 0;
    image->orientation = ci_exif_orientation(tiff + skip, count - skip);
    WebPDemuxReleaseChunkIterator(&chunk);
  }
  WebPDemuxDelete(demuxer);
}

ci_status ci_decode_webp(ci_image *image, const uint8_t *bytes, size_t size) {
  WebPBitstreamFeatures features;
  VP8StatusCode code = WebPGetFeatures(bytes, size, &features);
  if (code != VP8_STATUS_OK)
    return ci_fail(image->message, CI_CORRUPT, "WebP: %s", reason(code));
  int alpha = features.has_alpha || features.has_animation;
  ci_status status =
      ci_image_allocate(image, (uint64_t)features.width, (uint64_t)features.height, alpha ? CI_RGBA : CI_RGB);
  if (status != CI_OK)
    return status;
  read_orientation(image, bytes, size);
  if (features.has_animation)
    return decode_animation(image, bytes, size);

  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config))
    return ci_fail(image->message, CI_UNSUPPORTED, "WebP: library mismatch");
  config.output.colorspace = alpha ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image->pixels;
  config.output.u.RGBA.stride = image->width * ci_mode_bytes(image->mode);
  config.output.u.RGBA.size = image->size;
  code = WebPDecode(bytes, size, &config);
  WebPFreeDecBuffer(&config.output);
  if (code != VP8_STATUS_OK)
    return ci_fail(image->message, CI_CORRUPT, "WebP: %s", reason(code));
  return CI_OK;
}
