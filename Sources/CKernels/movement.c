#include "internal.h"
#include <string.h>

enum { tile = 32, task_elements = 1 << 14 };

/// A copy as a number of planes [rows, n]: `last` is the dimension walked innermost, `second` the next (−1: none).
typedef struct copy_loop {
  char *out;
  const char *in;
  const ck_strided *plan;
  int size, last, second;
  bool adds;
  int64_t planes, rows, rows_per_task, tasks_per_plane, planes_per_task;
} copy_loop;

#define COPY_ROW(type)                                                                                                 \
  static void row_##type(type *out, const type *in, int64_t out_stride, int64_t in_stride, int64_t n) {                \
    if (out_stride == 1 && in_stride == 1) {                                                                           \
      memcpy(out, in, (size_t)n * sizeof(type));                                                                       \
    } else if (out_stride == 1 && in_stride == 0) {                                                                    \
      type value = *in;                                                                                                \
      for (int64_t i = 0; i < n; i++)                                                                                  \
        out[i] = value;                                                                                                \
    } else {                                                                                                           \
      for (int64_t i = 0; i < n; i++)                                                                                  \
        out[i * out_stride] = in[i * in_stride];                                                                       \
    }                                                                                                                  \
  }

COPY_ROW(uint8_t)
COPY_ROW(uint16_t)
COPY_ROW(uint32_t)
COPY_ROW(uint64_t)

static void add_row(float *out, const float *in, int64_t out_stride, int64_t in_stride, int64_t n) {
  if (out_stride == 1 && in_stride == 1) {
    for (int64_t i = 0; i < n; i++)
      out[i] += in[i];
  } else {
    for (int64_t i = 0; i < n; i++)
      out[i * out_stride] += in[i * in_stride];
  }
}

static void copy_row(const copy_loop *c, int64_t out, int64_t in, int64_t n) {
  int64_t out_stride = c->plan->out_strides[c->last], in_stride = c->plan->in_strides[c->last];
  void *to = c->out + out * c->size;
  const void *from = c->in + in * c->size;
  if (c->adds) {
    add_row(to, from, out_stride, in_stride, n);
    return;
  }
  switch (c->size) {
  case 1:
    row_uint8_t(to, from, out_stride, in_stride, n);
    break;
  case 2:
    row_uint16_t(to, from, out_stride, in_stride, n);
    break;
  case 4:
    row_uint32_t(to, from, out_stride, in_stride, n);
    break;
  default:
    row_uint64_t(to, from, out_stride, in_stride, n);
    break;
  }
}

/// Copies rows [begin, end) of a plane. Where the input does not run along the rows, it goes tile by tile, so that a
/// cache line is used up before it is left.
static void copy_plane(const copy_loop *c, int64_t out, int64_t in, int64_t begin, int64_t end) {
  const ck_strided *plan = c->plan;
  int64_t n = plan->dims[c->last];
  int64_t out_step = c->second < 0 ? 0 : plan->out_strides[c->second];
  int64_t in_step = c->second < 0 ? 0 : plan->in_strides[c->second];
  bool runs = plan->in_strides[c->last] == 1 || plan->in_strides[c->last] == 0;
  int64_t height = runs ? 1 : tile, width = runs ? n : tile;
  for (int64_t row = begin; row < end; row += height) {
    int64_t bottom = ck_min_i64(row + height, end);
    for (int64_t column = 0; column < n; column += width) {
      int64_t count = ck_min_i64(width, n - column);
      for (int64_t r = row; r < bottom; r++) {
        copy_row(c, out + r * out_step + column * plan->out_strides[c->last],
                 in + r * in_step + column * plan->in_strides[c->last], count);
      }
    }
  }
}

static void run(void *context, int64_t task, int slot) {
  (void)slot;
  const copy_loop *c = context;
  const ck_strided *plan = c->plan;
  int64_t first = task / c->tasks_per_plane * c->planes_per_task;
  int64_t begin = task % c->tasks_per_plane * c->rows_per_task, end = ck_min_i64(begin + c->rows_per_task, c->rows);
  for (int64_t p = first; p < ck_min_i64(first + c->planes_per_task, c->planes); p++) {
    int64_t out = 0, in = 0, rest = p;
    for (int d = plan->rank - 1; d >= 0; d--) {
      if (d == c->last || d == c->second)
        continue;
      out += rest % plan->dims[d] * plan->out_strides[d];
      in += rest % plan->dims[d] * plan->in_strides[d];
      rest /= plan->dims[d];
    }
    copy_plane(c, out, in, begin, end);
  }
}

static void move(void *out, const void *in, const ck_strided *plan, int element_size, bool adds) {
  if (plan->count == 0)
    return;
  int last = plan->rank - 1, second = plan->rank - 2;
  if (plan->in_strides[last] != 1) {
    for (int d = 0; d < last; d++)
      second = plan->in_strides[d] == 1 ? d : second;
  }
  copy_loop c = {out, in, plan, element_size, last, second, adds, 1, second < 0 ? 1 : plan->dims[second], 1, 1, 1};
  int64_t n = plan->dims[last];
  if (plan->rank == 1 && n > task_elements && !adds && plan->in_strides[0] == 1 && plan->out_strides[0] == 1) {
    ck_copy(out, in, n, element_size);
    return;
  }
  c.planes = plan->count / (n * c.rows);
  c.rows_per_task = ck_min_i64(c.rows, ck_ceil_div(ck_max_i64(tile, task_elements / n), tile) * tile);
  c.tasks_per_plane = ck_ceil_div(c.rows, c.rows_per_task);
  c.planes_per_task = c.tasks_per_plane > 1 ? 1 : ck_max_i64(1, task_elements / (n * c.rows));
  ck_parallel(ck_ceil_div(c.planes, c.planes_per_task) * c.tasks_per_plane, plan->count, run, &c);
}

void ck_copy_strided(void *out, const void *in, const ck_strided *plan, int element_size) {
  move(out, in, plan, element_size, false);
}

void ck_add_strided_f32(float *out, const float *in, const ck_strided *plan) {
  move(out, in, plan, sizeof(float), true);
}

typedef struct flat_loop {
  char *out;
  const void *in;
  int64_t size;
} flat_loop;

static void copy_range(void *context, int64_t begin, int64_t end) {
  const flat_loop *c = context;
  memcpy(c->out + begin * c->size, (const char *)c->in + begin * c->size, (size_t)((end - begin) * c->size));
}

void ck_copy(void *out, const void *in, int64_t n, int element_size) {
  if (out == in)
    return;
  flat_loop context = {out, in, element_size};
  ck_parallel_range(n, 1, copy_range, &context);
}

static void fill_range(void *context, int64_t begin, int64_t end) {
  const flat_loop *c = context;
  void *to = c->out + begin * c->size;
  switch (c->size) {
  case 1:
    row_uint8_t(to, c->in, 1, 0, end - begin);
    break;
  case 2:
    row_uint16_t(to, c->in, 1, 0, end - begin);
    break;
  case 4:
    row_uint32_t(to, c->in, 1, 0, end - begin);
    break;
  default:
    row_uint64_t(to, c->in, 1, 0, end - begin);
    break;
  }
}

void ck_fill(void *out, const void *value, int64_t n, int element_size) {
  flat_loop context = {out, value, element_size};
  ck_parallel_range(n, 1, fill_range, &context);
}

void ck_range_f32(float *out, int64_t n, float start, float delta) {
  for (int64_t i = 0; i < n; i++)
    out[i] = start + (float)i * delta;
}

void ck_range_i64(int64_t *out, int64_t n, int64_t start, int64_t delta) {
  for (int64_t i = 0; i < n; i++)
    out[i] = (int64_t)((uint64_t)start + (uint64_t)i * (uint64_t)delta);
}

void ck_range_i32(int32_t *out, int64_t n, int32_t start, int32_t delta) {
  for (int64_t i = 0; i < n; i++)
    out[i] = (int32_t)((uint32_t)start + (uint32_t)i * (uint32_t)delta);
}
