#include "internal.h"

#include <stdlib.h>
#include <string.h>

typedef struct block {
  struct block *next;
  size_t capacity, used;
  _Alignas(8) unsigned char bytes[];
} block;

struct connx_arena {
  block *first;
  size_t budget, used, next_capacity;
};

enum { FIRST_BLOCK = 1 << 14, LARGEST_BLOCK = 1 << 20 };

connx_arena *connx_arena_create_bounded(size_t budget) {
  connx_arena *arena = calloc(1, sizeof *arena);
  if (arena) {
    arena->budget = budget;
    arena->next_capacity = FIRST_BLOCK;
  }
  return arena;
}

connx_arena *connx_arena_create(void) {
  connx_arena *arena = connx_arena_create_bounded(SIZE_MAX);
  if (!arena)
    abort();
  return arena;
}

void connx_arena_destroy(connx_arena *arena) {
  if (!arena)
    return;
  for (block *b = arena->first; b;) {
    block *next = b->next;
    free(b);
    b = next;
  }
  free(arena);
}

/// A block with room for `size` bytes. One made for a single large piece goes behind the first, which stays in use.
static block *add_block(connx_arena *arena, size_t size) {
  bool large = size > arena->next_capacity / 4;
  size_t capacity = large ? size : arena->next_capacity;
  if (capacity > SIZE_MAX - sizeof(block))
    return NULL;
  block *b = calloc(1, sizeof(block) + capacity);
  if (!b)
    return NULL;
  b->capacity = capacity;
  if (large && arena->first) {
    b->next = arena->first->next;
    arena->first->next = b;
  } else {
    b->next = arena->first;
    arena->first = b;
  }
  if (!large && arena->next_capacity < LARGEST_BLOCK)
    arena->next_capacity *= 2;
  return b;
}

void *connx_arena_try_alloc(connx_arena *arena, size_t size) {
  if (size > SIZE_MAX - 7)
    return NULL;
  size_t rounded = size == 0 ? 8 : (size + 7) & ~(size_t)7;
  if (rounded > arena->budget - arena->used)
    return NULL;
  block *b = arena->first;
  if (!b || rounded > b->capacity - b->used) {
    b = add_block(arena, rounded);
    if (!b)
      return NULL;
  }
  void *bytes = b->bytes + b->used;
  b->used += rounded;
  arena->used += rounded;
  return bytes;
}

void *connx_arena_alloc(connx_arena *arena, size_t size) {
  void *bytes = connx_arena_try_alloc(arena, size);
  if (!bytes)
    abort();
  return bytes;
}

char *connx_arena_string(connx_arena *arena, const char *string) {
  size_t size = strlen(string) + 1;
  return memcpy(connx_arena_alloc(arena, size), string, size);
}

ProtobufCBinaryData connx_arena_bytes(connx_arena *arena, const void *bytes, size_t length) {
  ProtobufCBinaryData data = {.len = length, .data = connx_arena_alloc(arena, length)};
  if (length > 0)
    memcpy(data.data, bytes, length);
  return data;
}

size_t connx_arena_used(const connx_arena *arena) { return arena->used; }
