#include "internal.h"
#include <string.h>

/// Places of the table: a power of two, twice the rows at least.
static int64_t table_size(int64_t rows) {
  int64_t size = 16;
  while (size < 2 * rows)
    size *= 2;
  return size;
}

int64_t ck_row_groups_scratch(int64_t rows) { return table_size(rows) * (int64_t)sizeof(int64_t); }

/// A number made of all bytes of a row; the multiplier is 2⁶⁴ divided by the golden ratio.
static uint64_t hash_row(const char *row, int64_t bytes) {
  uint64_t hash = 0;
  for (int64_t at = 0; at < bytes; at += 8) {
    uint64_t word = 0;
    memcpy(&word, row + at, (size_t)ck_min_i64(8, bytes - at));
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 32;
  }
  return hash;
}

void ck_row_groups(int64_t *groups, const void *x, int64_t rows, int64_t row_bytes, void *scratch) {
  const char *base = x;
  int64_t *first = scratch, mask = table_size(rows) - 1;
  for (int64_t place = 0; place <= mask; place++)
    first[place] = -1;
  // Rows of nothing are equal, and may lie nowhere.
  if (row_bytes == 0) {
    for (int64_t row = 0; row < rows; row++)
      groups[row] = 0;
    return;
  }
  for (int64_t row = 0; row < rows; row++) {
    const char *bytes = base + row * row_bytes;
    int64_t place = (int64_t)hash_row(bytes, row_bytes) & mask;
    while (first[place] >= 0 && memcmp(base + first[place] * row_bytes, bytes, (size_t)row_bytes) != 0)
      place = (place + 1) & mask;
    if (first[place] < 0)
      first[place] = row;
    groups[row] = first[place];
  }
}
