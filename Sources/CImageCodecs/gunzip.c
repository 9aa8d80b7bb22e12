#include "internal.h"

#include <zlib.h>

static ci_status inflate_all(ci_bytes *out, z_stream *z, const uint8_t *bytes, size_t size, size_t limit) {
  size_t capacity = 0, taken = 0;
  for (;;) {
    if (out->size == capacity) {
      if (capacity > limit)
        return ci_fail(out->message, CI_TOO_LARGE, "gzip: it unpacks to more than %zu bytes", limit);
      // One byte beyond the limit tells a stream that ends there from one that goes on.
      size_t wanted = capacity ? 2 * capacity : 1 << 16;
      if (wanted > limit)
        wanted = limit + 1;
      uint8_t *grown = realloc(out->bytes, wanted);
      if (!grown)
        return ci_fail(out->message, CI_OUT_OF_MEMORY, "no memory for %zu unpacked bytes", wanted);
      out->bytes = grown;
      capacity = wanted;
    }
    uInt in = (uInt)(size - taken > 1 << 30 ? 1 << 30 : size - taken);
    uInt room = (uInt)(capacity - out->size > 1 << 30 ? 1 << 30 : capacity - out->size);
    z->next_in = (Bytef *)(uintptr_t)(bytes + taken);
    z->avail_in = in;
    z->next_out = out->bytes + out->size;
    z->avail_out = room;
    int code = inflate(z, Z_NO_FLUSH);
    taken += in - z->avail_in;
    out->size += room - z->avail_out;
    if (code == Z_STREAM_END) {
      if (out->size > limit)
        return ci_fail(out->message, CI_TOO_LARGE, "gzip: it unpacks to more than %zu bytes", limit);
      if (size - taken < 2 || bytes[taken] != 0x1f || bytes[taken + 1] != 0x8b)
        return CI_OK;
      if (inflateReset(z) != Z_OK)
        return ci_fail(out->message, CI_CORRUPT, "gzip: invalid data");
    } else if (code == Z_BUF_ERROR || (code == Z_OK && taken == size && z->avail_out > 0)) {
      if (taken == size)
        return ci_fail(out->message, CI_CORRUPT, "gzip: it is cut short");
    } else if (code != Z_OK) {
      return ci_fail(out->message, CI_CORRUPT, "gzip: %s", z->msg ? z->msg : "invalid data");
    }
  }
}

ci_status ci_gunzip(ci_bytes *out, const uint8_t *bytes, size_t size, size_t limit) {
  memset(out, 0, sizeof *out);
  z_stream z = {0};
  if (inflateInit2(&z, 15 + 16) != Z_OK)
    return ci_fail(out->message, CI_OUT_OF_MEMORY, "no memory for gzip");
  ci_status status = inflate_all(out, &z, bytes, size, limit);
  inflateEnd(&z);
  if (status != CI_OK)
    ci_bytes_free(out);
  return status;
}

void ci_bytes_free(ci_bytes *bytes) {
  free(bytes->bytes);
  bytes->bytes = NULL;
  bytes->size = 0;
}
