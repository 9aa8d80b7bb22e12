#include "internal.h"

#include <stdlib.h>

struct connx_model {
  connx_arena *arena;
  Onnx__ModelProto *proto;
  const uint8_t *data;
  size_t size;
  bool refused;
};

static void *parse_alloc(void *data, size_t size) {
  connx_model *model = data;
  void *bytes = connx_arena_try_alloc(model->arena, size);
  model->refused |= bytes == NULL;
  return bytes;
}

/// The arena frees everything at once.
static void parse_free(void *model, void *pointer) { (void)model, (void)pointer; }

/// Room for small messages, which grow most in memory: a dimension takes 4 bytes of file and 56 of memory.
static size_t parse_budget(size_t thinned_size) {
  size_t budget = ((size_t)64 << 20) + 32 * thinned_size, maximum = (size_t)2 << 30;
  return budget < maximum ? budget : maximum;
}

static bool parse(connx_model *model, const connx_bytes *thinned, connx_error *error) {
  static const uint8_t nothing[1];
  size_t budget = parse_budget(thinned->size);
  model->arena = connx_arena_create_bounded(budget);
  if (!model->arena)
    return connx_fail(error, CONNX_OUT_OF_MEMORY, 0, "no memory left");
  ProtobufCAllocator allocator = {.alloc = parse_alloc, .free = parse_free, .allocator_data = model};
  model->proto = onnx__model_proto__unpack(&allocator, thinned->size, thinned->bytes ? thinned->bytes : nothing);
  if (!model->proto && !model->refused)
    return connx_fail(error, CONNX_MALFORMED, 0, "protobuf-c cannot parse the message");
  if (!model->proto)
    return connx_fail(error, CONNX_LIMIT_EXCEEDED, 0, "the message needs more than %zu bytes of memory to parse",
                      budget);
  return connx_resolve(&model->proto->base, model->data, model->size, error);
}

connx_model *connx_open(const uint8_t *data, size_t size, connx_error *error) {
  *error = (connx_error){0};
  if (!data || size == 0) {
    connx_fail(error, CONNX_MALFORMED, 0, "the file is empty");
    return NULL;
  }
  if (size > INT32_MAX) {
    connx_fail(error, CONNX_LIMIT_EXCEEDED, 0, "the file has %zu bytes, but a protobuf message at most 2147483647",
               size);
    return NULL;
  }
  connx_model *model = calloc(1, sizeof *model);
  if (!model) {
    connx_fail(error, CONNX_OUT_OF_MEMORY, 0, "no memory left");
    return NULL;
  }
  model->data = data;
  model->size = size;
  connx_bytes thinned = {0};
  bool opened =
      connx_scan(&onnx__model_proto__descriptor, data, size, &thinned, error) && parse(model, &thinned, error);
  free(thinned.bytes);
  if (opened)
    return model;
  connx_close(model);
  return NULL;
}

const Onnx__ModelProto *connx_model_proto(const connx_model *model) { return model->proto; }

bool connx_raw_data(const Onnx__TensorProto *tensor, const uint8_t **bytes, size_t *length) {
  *bytes = tensor->has_raw_data ? tensor->raw_data.data : NULL;
  *length = tensor->has_raw_data ? tensor->raw_data.len : 0;
  return tensor->has_raw_data;
}

bool connx_raw_data_offset(const connx_model *model, const Onnx__TensorProto *tensor, size_t *offset) {
  uintptr_t bytes = (uintptr_t)tensor->raw_data.data, begin = (uintptr_t)model->data;
  if (!tensor->has_raw_data || bytes < begin || bytes - begin >= model->size)
    return false;
  *offset = bytes - begin;
  return true;
}

void connx_close(connx_model *model) {
  if (!model)
    return;
  connx_arena_destroy(model->arena);
  free(model);
}
