/// The atoms of the protobuf wire.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Reads a varint of at most `width` bytes at `*position` and moves behind it. False if it is truncated, too long, or
/// does not fit 64 bits; `*position` then has not moved.
bool connx_read_varint(const uint8_t *data, size_t *position, size_t end, size_t width, uint64_t *value);

/// How many numbers of `type` are packed in these bytes; false if they do not fill it exactly.
bool connx_count_packed(ProtobufCType type, const uint8_t *bytes, size_t length, size_t *count);

/// The wire type of a single (not packed) value of `type`.
ProtobufCWireType connx_wire_type(ProtobufCType type);

/// Whether the bytes are UTF-8 (shortest forms, no surrogates) and free of NUL.
bool connx_is_text(const uint8_t *bytes, size_t length);
