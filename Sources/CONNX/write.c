#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SINK_CAPACITY = 1 << 16 };

/// A buffered descriptor. After a failure it swallows what follows.
typedef struct {
  ProtobufCBuffer base;
  int file_descriptor, failure;
  size_t written, used;
  uint8_t bytes[SINK_CAPACITY];
} sink;

static void write_all(sink *s, const uint8_t *bytes, size_t length) {
  while (length > 0 && s->failure == 0) {
    ssize_t count = write(s->file_descriptor, bytes, length);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0) {
      s->failure = count < 0 ? errno : EIO;
      return;
    }
    bytes += count;
    length -= (size_t)count;
    s->written += (size_t)count;
  }
}

static void flush(sink *s) {
  write_all(s, s->bytes, s->used);
  s->used = 0;
}

static void append(ProtobufCBuffer *buffer, size_t length, const uint8_t *bytes) {
  sink *s = (sink *)buffer;
  if (length > SINK_CAPACITY - s->used)
    flush(s);
  if (length >= SINK_CAPACITY) {
    write_all(s, bytes, length);
  } else if (length > 0) {
    memcpy(s->bytes + s->used, bytes, length);
    s->used += length;
  }
}

size_t connx_packed_size(const Onnx__ModelProto *model) { return onnx__model_proto__get_packed_size(model); }

static bool check_size(size_t size, connx_error *error) {
  *error = (connx_error){0};
  if (size <= INT32_MAX)
    return true;
  return connx_fail(error, CONNX_TOO_LARGE, 0,
                    "the model takes %zu bytes, but a protobuf message at most 2147483647; "
                    "store its weights as external data",
                    size);
}

bool connx_write(const Onnx__ModelProto *model, int file_descriptor, connx_error *error) {
  if (!check_size(connx_packed_size(model), error))
    return false;
  sink *s = malloc(sizeof *s);
  if (!s)
    return connx_fail(error, CONNX_OUT_OF_MEMORY, 0, "no memory left");
  s->base.append = append;
  s->file_descriptor = file_descriptor;
  s->failure = 0;
  s->written = s->used = 0;
  protobuf_c_message_pack_to_buffer(&model->base, &s->base);
  flush(s);
  int failure = s->failure;
  if (failure != 0) {
    connx_fail(error, CONNX_WRITE_FAILED, s->written, "writing stopped after %zu bytes: %s", s->written,
               strerror(failure));
    error->system_code = failure;
  }
  free(s);
  return failure == 0;
}

uint8_t *connx_pack(connx_arena *arena, const Onnx__ModelProto *model, size_t *size, connx_error *error) {
  *size = connx_packed_size(model);
  if (!check_size(*size, error))
    return NULL;
  uint8_t *bytes = connx_arena_alloc(arena, *size);
  onnx__model_proto__pack(model, bytes);
  return bytes;
}
