#include "internal.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// The thinned copy may not exceed this: larger constants belong into raw data, which are never copied.
static const size_t maximum_thinned_size = (size_t)512 << 20;

/// The message being scanned, and how it was reached.
typedef struct frame {
  const struct frame *parent;
  const ProtobufCMessageDescriptor *type;
  const char *name;
  unsigned depth;
  size_t rank;
} frame;

typedef struct {
  const uint8_t *data;
  connx_bytes *out;
  size_t nodes, tensors, attributes;
  connx_error *error;
} scanner;

enum { PATH_CAPACITY = 128 };

/// `graph.node.attribute`; of a long path the end, behind dots. `text` is filled from its back.
static const char *path(const frame *at, const char *field, char text[static PATH_CAPACITY]) {
  char *begin = text + PATH_CAPACITY - 1;
  *begin = 0;
  for (const char *name = field; name || at; name = at->name, at = at->parent) {
    size_t length = name ? strlen(name) : 0;
    if (length + 4 > (size_t)(begin - text))
      return memcpy(begin - 3, "...", 3);
    bool dotted = length > 0 && *begin;
    begin -= length + dotted;
    memcpy(begin, name ? name : "", length);
    if (dotted)
      begin[length] = '.';
    if (!at)
      break;
  }
  return *begin ? begin : "the model";
}

static bool fail(scanner *s, connx_error_kind kind, const frame *at, const char *field, size_t offset,
                 const char *what) {
  char text[PATH_CAPACITY];
  return connx_fail(s->error, kind, offset, "%s: %s (byte %zu)", path(at, field, text), what, offset);
}

static bool put(scanner *s, const void *bytes, size_t length, const frame *at, size_t offset) {
  connx_bytes *out = s->out;
  if (length > maximum_thinned_size - out->size)
    return fail(s, CONNX_LIMIT_EXCEEDED, at, NULL, offset,
                "more than 512 MiB outside raw_data; store large tensors as raw_data or external data");
  if (length > out->capacity - out->size) {
    size_t capacity = out->capacity < 4096 ? 4096 : out->capacity;
    while (capacity - out->size < length)
      capacity *= 2;
    uint8_t *grown = realloc(out->bytes, capacity);
    if (!grown)
      return fail(s, CONNX_OUT_OF_MEMORY, at, NULL, offset, "no memory left");
    out->bytes = grown;
    out->capacity = capacity;
  }
  if (length > 0)
    memcpy(out->bytes + out->size, bytes, length);
  out->size += length;
  return true;
}

/// A varint of exactly `width` bytes: leading zero groups are padded, which every reader accepts.
static void write_padded_varint(uint8_t *at, size_t width, uint64_t value) {
  for (size_t i = 0; i < width; i++, value >>= 7)
    at[i] = (uint8_t)((value & 0x7f) | (i + 1 < width ? 0x80 : 0));
}

static bool is_dimension(const ProtobufCMessageDescriptor *type, uint32_t number) {
  return (type == &onnx__tensor_proto__descriptor && number == 1) ||
         (type == &onnx__sparse_tensor_proto__descriptor && number == 3) ||
         (type == &onnx__tensor_shape_proto__descriptor && number == 1);
}

static bool count_message(scanner *s, const frame *at, size_t offset) {
  if (at->type == &onnx__node_proto__descriptor && ++s->nodes > CONNX_MAXIMUM_NODES)
    return fail(s, CONNX_LIMIT_EXCEEDED, at, NULL, offset, "more than 1,048,576 nodes");
  if (at->type == &onnx__tensor_proto__descriptor && ++s->tensors > CONNX_MAXIMUM_TENSORS)
    return fail(s, CONNX_LIMIT_EXCEEDED, at, NULL, offset, "more than 1,048,576 tensors");
  if (at->type == &onnx__attribute_proto__descriptor && ++s->attributes > CONNX_MAXIMUM_ATTRIBUTES)
    return fail(s, CONNX_LIMIT_EXCEEDED, at, NULL, offset, "more than 8,388,608 attributes");
  return true;
}

static bool scan_message(scanner *s, frame *at, size_t begin, size_t end);

/// A field of known type whose payload is [begin, end); tag and length (`width` bytes) are not yet written.
static bool scan_payload(scanner *s, frame *at, const ProtobufCFieldDescriptor *field, size_t tag, size_t width,
                         size_t begin, size_t end) {
  const uint8_t *payload = s->data + begin;
  size_t length = end - begin;
  if (!put(s, s->data + tag, begin - tag, at, tag))
    return false;
  switch (field->type) {
  case PROTOBUF_C_TYPE_MESSAGE: {
    if (at->depth == CONNX_MAXIMUM_DEPTH)
      return fail(s, CONNX_LIMIT_EXCEEDED, at, field->name, tag, "messages are nested more than 64 deep");
    size_t start = s->out->size;
    frame inner = {.parent = at, .type = field->descriptor, .name = field->name, .depth = at->depth + 1};
    if (!scan_message(s, &inner, begin, end))
      return false;
    write_padded_varint(s->out->bytes + start - width, width, s->out->size - start);
    return true;
  }
  case PROTOBUF_C_TYPE_STRING:
    if (!connx_is_text(payload, length))
      return fail(s, CONNX_MALFORMED, at, field->name, begin, "a string must be UTF-8 without NUL");
    return put(s, payload, length, at, begin);
  case PROTOBUF_C_TYPE_BYTES:
    if (at->type == &onnx__tensor_proto__descriptor && field->id == 9 && length >= CONNX_TOKEN_SIZE) {
      uint64_t token[2] = {begin, length};
      write_padded_varint(s->out->bytes + s->out->size - width, width, CONNX_TOKEN_SIZE);
      return put(s, token, CONNX_TOKEN_SIZE, at, begin);
    }
    return put(s, payload, length, at, begin);
  default: {
    size_t count;
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
      return fail(s, CONNX_MALFORMED, at, field->name, tag, "the wire type does not fit the field");
    if (!connx_count_packed(field->type, payload, length, &count))
      return fail(s, CONNX_MALFORMED, at, field->name, begin, "ill-formed packed numbers");
    if (is_dimension(at->type, field->id) && (at->rank += count) > CONNX_MAXIMUM_RANK)
      return fail(s, CONNX_LIMIT_EXCEEDED, at, field->name, begin, "more than 64 dimensions");
    return put(s, payload, length, at, begin);
  }
  }
}

/// One field that begins at `*position`, which moves behind it.
static bool scan_field(scanner *s, frame *at, size_t *position, size_t end) {
  size_t tag = *position, cursor = tag;
  uint64_t key, length = 0;
  if (!connx_read_varint(s->data, &cursor, end, 5, &key) || key >> 32 != 0)
    return fail(s, CONNX_MALFORMED, at, NULL, tag, "ill-formed field tag");
  if (key >> 3 == 0)
    return fail(s, CONNX_MALFORMED, at, NULL, tag, "field number 0 is illegal");
  const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(at->type, (unsigned)(key >> 3));
  const char *name = field ? field->name : NULL;
  unsigned wire = key & 7;
  size_t width_begin = cursor;
  switch (wire) {
  case PROTOBUF_C_WIRE_TYPE_VARINT:
    if (!connx_read_varint(s->data, &cursor, end, 10, &length))
      return fail(s, CONNX_MALFORMED, at, name, cursor, "ill-formed or truncated varint");
    break;
  case PROTOBUF_C_WIRE_TYPE_64BIT:
  case PROTOBUF_C_WIRE_TYPE_32BIT: {
    size_t size = wire == PROTOBUF_C_WIRE_TYPE_64BIT ? 8 : 4;
    if (size > end - cursor)
      return fail(s, CONNX_MALFORMED, at, name, cursor, "truncated fixed-size number");
    cursor += size;
    break;
  }
  case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED: {
    if (!connx_read_varint(s->data, &cursor, end, 5, &length))
      return fail(s, CONNX_MALFORMED, at, name, width_begin, "ill-formed length");
    if (length > end - cursor)
      return fail(s, CONNX_MALFORMED, at, name, width_begin, "length runs past the end of its message");
    size_t begin = cursor;
    *position = begin + (size_t)length;
    if (field)
      return scan_payload(s, at, field, tag, begin - width_begin, begin, *position);
    return put(s, s->data + tag, *position - tag, at, tag);
  }
  case 3:
  case 4:
    return fail(s, CONNX_MALFORMED, at, name, tag, "groups (wire types 3 and 4) are not part of ONNX");
  default:
    return fail(s, CONNX_MALFORMED, at, name, tag, "illegal wire type");
  }
  if (field && connx_wire_type(field->type) != wire)
    return fail(s, CONNX_MALFORMED, at, name, tag, "the wire type does not fit the field");
  if (field && is_dimension(at->type, field->id) && ++at->rank > CONNX_MAXIMUM_RANK)
    return fail(s, CONNX_LIMIT_EXCEEDED, at, name, tag, "more than 64 dimensions");
  *position = cursor;
  return put(s, s->data + tag, cursor - tag, at, tag);
}

static bool scan_message(scanner *s, frame *at, size_t begin, size_t end) {
  if (!count_message(s, at, begin))
    return false;
  for (size_t position = begin; position < end;)
    if (!scan_field(s, at, &position, end))
      return false;
  return true;
}

bool connx_scan(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t size, connx_bytes *thinned,
                connx_error *error) {
  scanner s = {.data = data, .out = thinned, .error = error};
  frame root = {.type = type, .depth = 1};
  return scan_message(&s, &root, 0, size);
}
