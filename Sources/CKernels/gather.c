#include "internal.h"
#include <string.h>

/// The flat position of tuple `i` [depth] within `dims`.
static int64_t tuple_at(const void *indices, ck_type type, int64_t i, int depth, const int64_t *dims) {
  int64_t flat = 0;
  for (int d = 0; d < depth; d++)
    flat = flat * dims[d] + ck_index_at(indices, type, i * depth + d, dims[d]);
  return flat;
}

static int64_t product(int depth, const int64_t *dims) {
  int64_t result = 1;
  for (int d = 0; d < depth; d++)
    result *= dims[d];
  return result;
}

int64_t ck_indices_out_of_range(const void *indices, ck_type index_type, int64_t n, int64_t limit) {
  for (int64_t i = 0; i < n; i++) {
    int64_t index = ck_raw_index(indices, index_type, i);
    if (index < -limit || index >= limit)
      return i;
  }
  return -1;
}

int64_t ck_index_tuples_out_of_range(const void *indices, ck_type index_type, int64_t n, int depth,
                                     const int64_t *dims) {
  for (int64_t i = 0; i < n * depth; i++) {
    int64_t index = ck_raw_index(indices, index_type, i), limit = dims[i % depth];
    if (index < -limit || index >= limit)
      return i;
  }
  return -1;
}

/// Rows of `row_bytes` read at tuples; a gather along an axis is the case of depth 1 with `batches` = outer and one set
/// of indices for all batches.
typedef struct read_loop {
  char *out;
  const char *x;
  const void *indices;
  ck_type type;
  bool shared;
  int depth;
  int64_t count, table, row_bytes;
  const int64_t *dims;
} read_loop;

static void read_range(void *context, int64_t begin, int64_t end) {
  const read_loop *c = context;
  for (int64_t o = begin; o < end; o++) {
    int64_t batch = o / c->count, i = c->shared ? o % c->count : o;
    int64_t row = batch * c->table + tuple_at(c->indices, c->type, i, c->depth, c->dims);
    const char *from = c->x + row * c->row_bytes;
    char *to = c->out + o * c->row_bytes;
    switch (c->row_bytes) {
    case 4:
      memcpy(to, from, 4);
      break;
    case 8:
      memcpy(to, from, 8);
      break;
    default:
      memcpy(to, from, (size_t)c->row_bytes);
      break;
    }
  }
}

static void read_rows(read_loop *c, int64_t rows) {
  if (rows == 0 || c->table == 0 || c->row_bytes == 0)
    return;
  ck_parallel_range(rows, ck_max_i64(2, c->row_bytes / 4), read_range, c);
}

void ck_gather(void *out, const void *x, const void *indices, ck_type index_type, int64_t outer, int64_t axis,
               int64_t count, int64_t inner, int element_size) {
  read_loop c = {out, x, indices, index_type, true, 1, count, axis, inner * element_size, &axis};
  read_rows(&c, outer * count);
}

void ck_gather_nd(void *out, const void *x, const void *indices, ck_type index_type, int64_t batches, int64_t count,
                  int depth, const int64_t *dims, int64_t inner, int element_size) {
  read_loop c = {out, x, indices, index_type, false, depth, count, product(depth, dims), inner * element_size, dims};
  read_rows(&c, batches * count);
}

/// Additions into a table: every task owns some rows of it and walks all indices, so that the order is that of the
/// indices.
typedef struct add_loop {
  float *dx;
  const float *dy;
  const void *indices;
  ck_type type;
  bool shared;
  int depth;
  int64_t count, table, inner, rows_per_task, tasks_per_batch;
  const int64_t *dims;
} add_loop;

static void add_rows(void *context, int64_t task, int slot) {
  (void)slot;
  const add_loop *c = context;
  int64_t batch = task / c->tasks_per_batch, begin = task % c->tasks_per_batch * c->rows_per_task;
  int64_t end = ck_min_i64(begin + c->rows_per_task, c->table);
  float *dx = c->dx + batch * c->table * c->inner;
  memset(dx + begin * c->inner, 0, (size_t)((end - begin) * c->inner) * sizeof(float));
  for (int64_t i = 0; i < c->count; i++) {
    int64_t o = batch * c->count + i;
    int64_t row = tuple_at(c->indices, c->type, c->shared ? i : o, c->depth, c->dims);
    if (row < begin || row >= end)
      continue;
    ck_dispatch()->reduce_row_f32(CK_REDUCE_SUM, dx + row * c->inner, c->dy + o * c->inner, c->inner);
  }
}

static void scatter_gradient(add_loop *c, int64_t batches) {
  if (c->table == 0 || c->inner == 0)
    return;
  int64_t tasks = batches >= 8 ? 1 : ck_min_i64(16, ck_max_i64(1, c->table * c->inner / (1 << 14)));
  c->rows_per_task = ck_ceil_div(c->table, tasks);
  c->tasks_per_batch = ck_ceil_div(c->table, c->rows_per_task);
  ck_parallel(batches * c->tasks_per_batch, batches * (c->table + c->count) * c->inner, add_rows, c);
}

void ck_gather_gradient_f32(float *dx, const float *dy, const void *indices, ck_type index_type, int64_t outer,
                            int64_t axis, int64_t count, int64_t inner) {
  add_loop c = {dx, dy, indices, index_type, true, 1, count, axis, inner, 0, 0, &axis};
  scatter_gradient(&c, outer);
}

void ck_gather_nd_gradient_f32(float *dx, const float *dy, const void *indices, ck_type index_type, int64_t batches,
                               int64_t count, int depth, const int64_t *dims, int64_t inner) {
  add_loop c = {dx, dy, indices, index_type, false, depth, count, product(depth, dims), inner, 0, 0, dims};
  scatter_gradient(&c, batches);
}

void ck_scatter_nd(void *out, const void *x, const void *indices, ck_type index_type, const void *updates,
                   int64_t count, int depth, const int64_t *dims, int64_t inner, int element_size) {
  int64_t row_bytes = inner * element_size, table = product(depth, dims);
  if (table == 0 || inner == 0)
    return;
  ck_copy(out, x, table * inner, element_size);
  for (int64_t i = 0; i < count; i++) {
    int64_t row = tuple_at(indices, index_type, i, depth, dims);
    memcpy((char *)out + row * row_bytes, (const char *)updates + i * row_bytes, (size_t)row_bytes);
  }
}

void ck_scatter_nd_add_f32(float *out, const float *x, const void *indices, ck_type index_type, const float *updates,
                           int64_t count, int depth, const int64_t *dims, int64_t inner) {
  int64_t table = product(depth, dims);
  if (table == 0 || inner == 0)
    return;
  ck_copy(out, x, table * inner, sizeof *out);
  for (int64_t i = 0; i < count; i++) {
    float *row = out + tuple_at(indices, index_type, i, depth, dims) * inner;
    ck_dispatch()->reduce_row_f32(CK_REDUCE_SUM, row, updates + i * inner, inner);
  }
}

void ck_scatter_nd_add_i64(int64_t *out, const int64_t *x, const void *indices, ck_type index_type,
                           const int64_t *updates, int64_t count, int depth, const int64_t *dims, int64_t inner) {
  int64_t table = product(depth, dims);
  if (table == 0 || inner == 0)
    return;
  ck_copy(out, x, table * inner, sizeof *out);
  for (int64_t i = 0; i < count; i++) {
    int64_t *row = out + tuple_at(indices, index_type, i, depth, dims) * inner;
    for (int64_t j = 0; j < inner; j++)
      row[j] = (int64_t)((uint64_t)row[j] + (uint64_t)updates[i * inner + j]);
  }
}
