#include "internal.h"

#include <string.h>

static bool resolve_tensor(Onnx__TensorProto *tensor, const uint8_t *data, size_t size, connx_error *error) {
  ProtobufCBinaryData *raw = &tensor->raw_data;
  if (!tensor->has_raw_data || raw->len < CONNX_TOKEN_SIZE)
    return true;
  uint64_t token[2];
  if (raw->len != sizeof token)
    return connx_fail(error, CONNX_MALFORMED, 0, "raw_data escaped the scan");
  memcpy(token, raw->data, sizeof token);
  if (token[0] > size || token[1] > size - token[0])
    return connx_fail(error, CONNX_MALFORMED, 0, "raw_data lies outside the file");
  raw->data = (uint8_t *)data + token[0];
  raw->len = token[1];
  return true;
}

bool connx_resolve(ProtobufCMessage *message, const uint8_t *data, size_t size, connx_error *error) {
  const ProtobufCMessageDescriptor *type = message->descriptor;
  if (type == &onnx__tensor_proto__descriptor)
    return resolve_tensor((Onnx__TensorProto *)message, data, size, error);
  for (unsigned i = 0; i < type->n_fields; i++) {
    const ProtobufCFieldDescriptor *field = &type->fields[i];
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
      continue;
    const char *base = (const char *)message;
    const void *member = base + field->offset, *quantifier = base + field->quantifier_offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
      size_t count = *(const size_t *)quantifier;
      ProtobufCMessage *const *inner = *(ProtobufCMessage *const *const *)member;
      for (size_t k = 0; k < count; k++)
        if (!connx_resolve(inner[k], data, size, error))
          return false;
      continue;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && *(const uint32_t *)quantifier != field->id)
      continue;
    ProtobufCMessage *inner = *(ProtobufCMessage *const *)member;
    if (inner && !connx_resolve(inner, data, size, error))
      return false;
  }
  return true;
}
