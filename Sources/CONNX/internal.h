/// What the files of this target share.
#pragma once

#include "CONNX.h"

/// Fills `error` (printf-style) and returns false.
bool connx_fail(connx_error *error, connx_error_kind kind, size_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/// An arena that gives at most `budget` bytes, and NULL beyond; NULL if there is no memory for it.
connx_arena *connx_arena_create_bounded(size_t budget);

/// NULL once the budget or the machine's memory is spent.
void *connx_arena_try_alloc(connx_arena *arena, size_t size);

/// Raw data of at least this many bytes are lifted. A lifted field holds a token of exactly this size instead, so
/// length alone tells them apart and no file can forge one.
enum { CONNX_TOKEN_SIZE = 16 };

/// Bytes that grow by doubling.
typedef struct {
  uint8_t *bytes;
  size_t size, capacity;
} connx_bytes;

/// Checks a serialised message of type `type` and writes its thinned copy: the same message in which each lifted
/// `TensorProto.raw_data` is replaced by a token, (offset, length) in `data` as two native 64-bit numbers.
/// `thinned` is the caller's to free, also after a failure.
bool connx_scan(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t size, connx_bytes *thinned,
                connx_error *error);

/// Points every lifted `raw_data` below `message` at its bytes in `data`.
bool connx_resolve(ProtobufCMessage *message, const uint8_t *data, size_t size, connx_error *error);
