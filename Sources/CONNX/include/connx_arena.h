#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

#pragma clang assume_nonnull begin

/// Memory that is given out piece by piece and freed all at once. Not for use from several threads at a time.
typedef struct connx_arena connx_arena;

/// An arena without a budget, for building messages. Like Swift's own allocation, it ends the process if the machine
/// has no memory left, so none of its functions returns NULL.
connx_arena *connx_arena_create(void);

/// Frees the arena with everything that was made in it.
void connx_arena_destroy(connx_arena *_Nullable arena);

/// `size` zeroed bytes, aligned to 8.
void *connx_arena_alloc(connx_arena *arena, size_t size);

/// A copy of a C string.
char *connx_arena_string(connx_arena *arena, const char *string);

/// A copy of `length` bytes, for fields of type `bytes`.
ProtobufCBinaryData connx_arena_bytes(connx_arena *arena, const void *_Nullable bytes, size_t length);

/// Bytes handed out so far.
size_t connx_arena_used(const connx_arena *arena);

#pragma clang assume_nonnull end
