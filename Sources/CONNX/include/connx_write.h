#pragma once

#include "connx_arena.h"
#include "connx_error.h"
#include "onnx.pb-c.h"

#pragma clang assume_nonnull begin

/// The bytes that `model` takes on the wire. Constant memory, whatever the weights.
size_t connx_packed_size(const Onnx__ModelProto *model);

/// Streams `model` to a file descriptor. Raw data go from where they lie to the descriptor without a copy.
///
/// Returns false and fills `error` if the message exceeds 2³¹ − 1 bytes (before anything is written) or if writing
/// fails; `error->offset` then counts the bytes that were written. The descriptor stays open.
bool connx_write(const Onnx__ModelProto *model, int file_descriptor, connx_error *error);

/// Serialises `model` into memory of the arena. Returns NULL and fills `error` if it exceeds 2³¹ − 1 bytes.
uint8_t *_Nullable connx_pack(connx_arena *arena, const Onnx__ModelProto *model, size_t *size, connx_error *error);

#pragma clang assume_nonnull end
