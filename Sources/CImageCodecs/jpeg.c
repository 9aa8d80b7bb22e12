#include "internal.h"

#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>

/// Scans and bytes of working memory that a progressive picture may take. A scan of a few bytes visits every pixel:
/// beyond the first FREE_SCANS, which is more than encoders write, scans × pixels are limited too.
enum { MAX_SCANS = 500, FREE_SCANS = 30, MAX_SCANNED = 1 << 28, MAX_MEMORY = 1 << 30 };

typedef struct decoder {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  struct jpeg_source_mgr source;
  jmp_buf escape;
  ci_status status;
  ci_image *image;
  int has_exif;
} decoder;

static void fail(decoder *d, ci_status status, const char *message) {
  d->status = ci_fail(d->image->message, status, "%s", message);
  longjmp(d->escape, 1);
}

static void on_error(j_common_ptr jpeg) {
  char text[JMSG_LENGTH_MAX];
  decoder *d = jpeg->client_data;
  int code = jpeg->err->msg_code;
  jpeg->err->format_message(jpeg, text);
  ci_status status = code == JERR_OUT_OF_MEMORY || code == JERR_NO_BACKING_STORE ? CI_OUT_OF_MEMORY : CI_CORRUPT;
  d->status = ci_fail(d->image->message, status, "JPEG: %s", text);
  longjmp(d->escape, 1);
}

static void on_message(j_common_ptr jpeg, int level) {
  (void)jpeg;
  (void)level;
}

static void on_progress(j_common_ptr jpeg) {
  decoder *d = jpeg->client_data;
  uint64_t pixels = (uint64_t)d->jpeg.image_width * d->jpeg.image_height;
  int scans = d->jpeg.input_scan_number;
  if (scans > MAX_SCANS || (scans > FREE_SCANS && (uint64_t)(scans - FREE_SCANS) * pixels > MAX_SCANNED))
    fail(d, CI_TOO_LARGE, "JPEG: too many scans");
}

static void source_nothing(j_decompress_ptr jpeg) { (void)jpeg; }

static boolean source_empty(j_decompress_ptr jpeg) {
  fail(jpeg->client_data, CI_CORRUPT, "JPEG: the picture is cut short");
  return FALSE;
}

static void source_skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0)
    return;
  if ((size_t)count > jpeg->src->bytes_in_buffer)
    source_empty(jpeg);
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= (size_t)count;
}

/// Reads the orientation out of the first Exif marker. All bytes are there, so that none has to be kept: libjpeg's list
/// of kept markers takes a walk for each.
static boolean read_exif(j_decompress_ptr jpeg) {
  decoder *d = jpeg->client_data;
  const uint8_t *bytes = jpeg->src->next_input_byte;
  if (jpeg->src->bytes_in_buffer < 2)
    source_empty(jpeg);
  size_t length = (size_t)bytes[0] << 8 | bytes[1];
  if (length > jpeg->src->bytes_in_buffer)
    source_empty(jpeg);
  if (!d->has_exif && length >= 8 && !memcmp(bytes + 2, "Exif\0\0", 6)) {
    d->has_exif = 1;
    d->image->orientation = ci_exif_orientation(bytes + 8, length - 8);
  }
  source_skip(jpeg, length < 2 ? 2 : (long)length);
  return TRUE;
}

static void decode(decoder *d) {
  ci_image *image = d->image;
  ci_mode mode = CI_RGB;
  jpeg_set_marker_processor(&d->jpeg, JPEG_APP0 + 1, read_exif);
  jpeg_read_header(&d->jpeg, TRUE);
  switch (d->jpeg.num_components) {
  case 1:
    mode = CI_GREY;
    d->jpeg.out_color_space = JCS_GRAYSCALE;
    break;
  case 3:
    d->jpeg.out_color_space = JCS_RGB;
    break;
  case 4:
    mode = CI_CMYK;
    d->jpeg.out_color_space = JCS_CMYK;
    break;
  default:
    fail(d, CI_UNSUPPORTED, "JPEG: only 1, 3 or 4 components are read");
    return;
  }
  d->status = ci_image_allocate(image, d->jpeg.image_width, d->jpeg.image_height, mode);
  if (d->status != CI_OK)
    longjmp(d->escape, 1);
  d->jpeg.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&d->jpeg);
  size_t stride = (size_t)image->width * (size_t)ci_mode_bytes(mode);
  while (d->jpeg.output_scanline < d->jpeg.output_height) {
    JSAMPROW row = image->pixels + d->jpeg.output_scanline * stride;
    jpeg_read_scanlines(&d->jpeg, &row, 1);
  }
  jpeg_finish_decompress(&d->jpeg);
  // Four-component files carry inverted inks, as Adobe writes them.
  if (mode == CI_CMYK)
    for (size_t i = 0; i < image->size; i++)
      image->pixels[i] = (uint8_t)(255 - image->pixels[i]);
}

ci_status ci_decode_jpeg(ci_image *image, const uint8_t *bytes, size_t size) {
  decoder *d = calloc(1, sizeof *d);
  if (!d)
    return ci_fail(image->message, CI_OUT_OF_MEMORY, "no memory for the JPEG decoder");
  d->image = image;
  d->jpeg.err = jpeg_std_error(&d->errors);
  d->errors.error_exit = on_error;
  d->errors.emit_message = on_message;
  d->jpeg.client_data = d;
  if (setjmp(d->escape) == 0) {
    jpeg_create_decompress(&d->jpeg);
    d->jpeg.mem->max_memory_to_use = MAX_MEMORY;
    d->progress.progress_monitor = on_progress;
    d->jpeg.progress = &d->progress;
    d->source = (struct jpeg_source_mgr){
        .next_input_byte = bytes,
        .bytes_in_buffer = size,
        .init_source = source_nothing,
        .fill_input_buffer = source_empty,
        .skip_input_data = source_skip,
        .resync_to_restart = jpeg_resync_to_restart,
        .term_source = source_nothing,
    };
    d->jpeg.src = &d->source;
    decode(d);
  }
  ci_status status = d->status;
  jpeg_destroy_decompress(&d->jpeg);
  free(d);
  return status;
}
