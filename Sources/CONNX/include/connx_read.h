#pragma once

#include "connx_error.h"
#include "onnx.pb-c.h"

#pragma clang assume_nonnull begin

/// What a file may ask for at most.
enum {
  /// Messages inside each other; one `If` inside another costs three.
  CONNX_MAXIMUM_DEPTH = 64,
  CONNX_MAXIMUM_NODES = 1 << 20,
  CONNX_MAXIMUM_TENSORS = 1 << 20,
  CONNX_MAXIMUM_ATTRIBUTES = 1 << 23,
  /// Dimensions of one tensor or shape.
  CONNX_MAXIMUM_RANK = 64,
};

/// A parsed model. Its messages live until `connx_close`; raw data point into the bytes that it was opened from.
typedef struct connx_model connx_model;

/// Checks and parses a serialised ModelProto.
///
/// `data` belongs to the caller, is neither changed nor copied where it is raw data, and must outlive the model: a
/// memory-mapped file is meant. The whole wire is checked before anything is parsed: tags, wire types, lengths, depth,
/// counts, and that strings are UTF-8 without NUL. Memory is bounded by 64 MiB + 32 times the bytes that are not raw
/// data, and by 2 GiB. Groups (wire types 3 and 4) are refused; other unknown fields are kept.
///
/// Which fields a model must have (`ir_version`, `graph`, …) is not checked here.
///
/// Returns NULL and fills `error` if the bytes are ill-formed or beyond a limit.
connx_model *_Nullable connx_open(const uint8_t *_Nullable data, size_t size, connx_error *error);

/// The root message. Read only: its arrays cannot be appended to, but a message to write may point at its parts.
const Onnx__ModelProto *connx_model_proto(const connx_model *model);

/// The raw data of a tensor, in place: `*bytes` is NULL when there are none. Returns whether the field is present.
bool connx_raw_data(const Onnx__TensorProto *tensor, const uint8_t *_Nullable *_Nonnull bytes, size_t *length);

/// Where in the opened bytes `tensor`'s raw data begin; false if they are absent or too short to have been lifted
/// (below 16 bytes, which are copied).
bool connx_raw_data_offset(const connx_model *model, const Onnx__TensorProto *tensor, size_t *offset);

void connx_close(connx_model *_Nullable model);

#pragma clang assume_nonnull end
