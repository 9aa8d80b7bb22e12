#include "wire.h"

bool connx_read_varint(const uint8_t *data, size_t *position, size_t end, size_t width, uint64_t *value) {
  uint64_t result = 0;
  size_t available = end - *position;
  for (size_t i = 0; i < width && i < available; i++) {
    uint8_t byte = data[*position + i];
    if (i == 9 && byte > 1)
      return false;
    result |= (uint64_t)(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      *position += i + 1;
      *value = result;
      return true;
    }
  }
  return false;
}

bool connx_count_packed(ProtobufCType type, const uint8_t *bytes, size_t length, size_t *count) {
  size_t unit = 0;
  switch (connx_wire_type(type)) {
  case PROTOBUF_C_WIRE_TYPE_32BIT:
    unit = 4;
    break;
  case PROTOBUF_C_WIRE_TYPE_64BIT:
    unit = 8;
    break;
  case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
    return false;
  default:
    break;
  }
  if (unit > 0) {
    *count = length / unit;
    return length % unit == 0;
  }
  uint64_t ignored;
  *count = 0;
  for (size_t position = 0; position < length; ++*count)
    if (!connx_read_varint(bytes, &position, length, 10, &ignored))
      return false;
  return true;
}

ProtobufCWireType connx_wire_type(ProtobufCType type) {
  switch (type) {
  case PROTOBUF_C_TYPE_SFIXED32:
  case PROTOBUF_C_TYPE_FIXED32:
  case PROTOBUF_C_TYPE_FLOAT:
    return PROTOBUF_C_WIRE_TYPE_32BIT;
  case PROTOBUF_C_TYPE_SFIXED64:
  case PROTOBUF_C_TYPE_FIXED64:
  case PROTOBUF_C_TYPE_DOUBLE:
    return PROTOBUF_C_WIRE_TYPE_64BIT;
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_BYTES:
  case PROTOBUF_C_TYPE_MESSAGE:
    return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
  default:
    return PROTOBUF_C_WIRE_TYPE_VARINT;
  }
}

bool connx_is_text(const uint8_t *bytes, size_t length) {
  static const uint32_t smallest[4] = {1, 0x80, 0x800, 0x10000};
  for (size_t i = 0; i < length;) {
    uint8_t lead = bytes[i++];
    unsigned following = lead < 0x80 ? 0 : (lead & 0xe0) == 0xc0 ? 1 : (lead & 0xf0) == 0xe0 ? 2 : 3;
    if (following == 3 && (lead & 0xf8) != 0xf0)
      return false;
    if (following > length - i)
      return false;
    uint32_t scalar = following == 0 ? lead : lead & (0x3fu >> following);
    for (unsigned k = 0; k < following; k++, i++) {
      if ((bytes[i] & 0xc0) != 0x80)
        return false;
      scalar = scalar << 6 | (bytes[i] & 0x3f);
    }
    if (scalar < smallest[following] || scalar > 0x10ffff || (scalar >= 0xd800 && scalar < 0xe000))
      return false;
  }
  return true;
}
