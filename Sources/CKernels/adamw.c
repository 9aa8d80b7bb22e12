#include "internal.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

typedef struct update {
  float *p_out, *m_out, *v_out;
  const float *p, *g, *m, *v;
  ck_adamw_step step;
} update;

static void run(void *context, int64_t begin, int64_t end) {
  const update *c = context;
  ck_dispatch()->adamw(c->p_out + begin, c->m_out + begin, c->v_out + begin, c->p + begin, c->g + begin, c->m + begin,
                       c->v + begin, end - begin, &c->step);
}

static ck_adamw_step step_of(ck_adamw s) {
  double correction1 = 1.0 - pow(s.beta1, s.step), correction2 = 1.0 - pow(s.beta2, s.step);
  return (ck_adamw_step){
      .decay = (float)(1.0 - s.learning_rate * s.weight_decay),
      .beta1 = (float)s.beta1,
      .beta1_complement = (float)(1.0 - s.beta1),
      .beta2 = (float)s.beta2,
      .beta2_complement = (float)(1.0 - s.beta2),
      .rate = (float)(s.learning_rate / correction1),
      .inverse_root_correction = (float)(1.0 / sqrt(correction2)),
      .epsilon = (float)s.epsilon,
  };
}

void ck_adamw_f32(float *p_out, float *m_out, float *v_out, const float *p, const float *g, const float *m,
                  const float *v, int64_t n, const ck_adamw *scalars) {
  update context = {p_out, m_out, v_out, p, g, m, v, step_of(*scalars)};
  ck_parallel_range(n, 2, run, &context);
}

/// An update by the gradients of rows that were read. Reads of one row are a list, in ascending order: `first` [table]
/// and `next` [count], -1 at the end.
typedef struct row_update {
  update of;
  /// Whether no step changes moments of zero where the gradient is zero.
  bool rests;
  int64_t table, inner, rows_per_task, padded;
  const int64_t *first, *next;
  /// A row of zeros, and then one for each slot.
  float *rows;
} row_update;

static int64_t padded_row(int64_t inner) { return ck_ceil_div(inner, 16) * 16; }
static int64_t list_length(int64_t table, int64_t count) { return ck_ceil_div(table + count, 8) * 8; }

int64_t ck_adamw_rows_scratch(int64_t table, int64_t count, int64_t inner, int threads) {
  return list_length(table, count) * (int64_t)sizeof(int64_t) +
         (threads + 1) * padded_row(inner) * (int64_t)sizeof(float);
}

/// Whether an update by a gradient of zero leaves moments of zero, and of the parameter p · decay.
static bool rests(const ck_adamw_step *step) {
  float p = 1, zero = 0, p_out, m_out, v_out;
  ck_dispatch()->adamw(&p_out, &m_out, &v_out, &p, &zero, &zero, &zero, 1, step);
  return p_out == step->decay && m_out == 0 && v_out == 0;
}

static bool is_zero(const float *row, int64_t n) {
  uint32_t bits = 0;
  for (int64_t i = 0; i < n; i++) {
    uint32_t element;
    memcpy(&element, row + i, sizeof element);
    bits |= element;
  }
  return bits == 0;
}

/// A row that was never read: its moments are not written, so that they take no memory.
static bool decay_alone(const row_update *c, int64_t at) {
  const update *of = &c->of;
  if (!c->rests || of->m_out != of->m || of->v_out != of->v || !is_zero(of->m + at, c->inner) ||
      !is_zero(of->v + at, c->inner))
    return false;
  for (int64_t i = at; i < at + c->inner; i++)
    of->p_out[i] = of->p[i] * of->step.decay;
  return true;
}

static void run_rows(void *context, int64_t task, int slot) {
  const row_update *c = context;
  int64_t end = ck_min_i64((task + 1) * c->rows_per_task, c->table);
  float *sum = c->rows + (slot + 1) * c->padded;
  for (int64_t row = task * c->rows_per_task; row < end; row++) {
    const float *g = c->rows;
    int64_t at = row * c->inner;
    if (c->first[row] < 0 && decay_alone(c, at))
      continue;
    if (c->first[row] >= 0) {
      memset(sum, 0, (size_t)c->inner * sizeof *sum);
      for (int64_t i = c->first[row]; i >= 0; i = c->next[i])
        ck_dispatch()->reduce_row_f32(CK_REDUCE_SUM, sum, c->of.g + i * c->inner, c->inner);
      g = sum;
    }
    ck_dispatch()->adamw(c->of.p_out + at, c->of.m_out + at, c->of.v_out + at, c->of.p + at, g, c->of.m + at,
                         c->of.v + at, c->inner, &c->of.step);
  }
}

void ck_adamw_rows_f32(float *p_out, float *m_out, float *v_out, const float *p, const float *dy, const float *m,
                       const float *v, const void *indices, ck_type index_type, int64_t table, int64_t count,
                       int64_t inner, const ck_adamw *scalars, void *scratch) {
  if (table == 0 || inner == 0)
    return;
  int64_t *first = scratch, *next = first + table;
  float *rows = (float *)(first + list_length(table, count));
  memset(first, -1, (size_t)table * sizeof *first);
  for (int64_t i = count - 1; i >= 0; i--) {
    int64_t row = ck_index_at(indices, index_type, i, table);
    next[i] = first[row];
    first[row] = i;
  }
  memset(rows, 0, (size_t)inner * sizeof *rows);
  int64_t rows_per_task = ck_max_i64(1, (1 << 14) / inner);
  ck_adamw_step step = step_of(*scalars);
  row_update context = {.of = {p_out, m_out, v_out, p, dy, m, v, step},
                        .rests = rests(&step),
                        .table = table,
                        .inner = inner,
                        .rows_per_task = rows_per_task,
                        .padded = padded_row(inner),
                        .first = first,
                        .next = next,
                        .rows = rows};
  ck_parallel(ck_ceil_div(table, rows_per_task), (table + count) * inner, run_rows, &context);
}
