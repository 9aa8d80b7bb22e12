#pragma once

#include <stddef.h>

#pragma clang assume_nonnull begin

typedef enum {
  CONNX_NO_ERROR = 0,
  /// The bytes are not a well-formed message of this schema.
  CONNX_MALFORMED,
  /// Well-formed, but beyond a limit on depth, counts, rank or memory.
  CONNX_LIMIT_EXCEEDED,
  /// The message to write is larger than protobuf allows; weights must go to external data.
  CONNX_TOO_LARGE,
  /// The operating system refused to write; `system_code` is its errno.
  CONNX_WRITE_FAILED,
  CONNX_OUT_OF_MEMORY,
} connx_error_kind;

/// What went wrong and where: `offset` counts bytes from the start of the file.
typedef struct {
  connx_error_kind kind;
  int system_code;
  size_t offset;
  /// A sentence that ends in NUL. Field paths in it look like `graph.node.attribute.t`.
  char message[256];
} connx_error;

/// The message of `error` as a pointer, valid as long as `error` is.
const char *connx_error_message(const connx_error *error);

#pragma clang assume_nonnull end
