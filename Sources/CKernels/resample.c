#include "internal.h"

typedef struct mapped_copy {
  char *out;
  const char *x, *value;
  int rank, size;
  const int64_t *dims;
  const int64_t *offsets[CK_MAX_RANK];
} mapped_copy;

#define COPY(type)                                                                                                     \
  static void copy_##type(const mapped_copy *c, int64_t row, int64_t base) {                                           \
    int64_t n = c->dims[c->rank - 1];                                                                                  \
    const int64_t *offsets = c->offsets[c->rank - 1];                                                                  \
    type *out = (type *)c->out + row * n, value = *(const type *)c->value;                                             \
    const type *x = (const type *)c->x + ck_max_i64(base, 0);                                                          \
    for (int64_t i = 0; i < n; i++)                                                                                    \
      out[i] = base < 0 || offsets[i] < 0 ? value : x[offsets[i]];                                                     \
  }

COPY(uint8_t)
COPY(uint16_t)
COPY(uint32_t)
COPY(uint64_t)

static void copy_rows(void *context, int64_t begin, int64_t end) {
  const mapped_copy *c = context;
  for (int64_t row = begin; row < end; row++) {
    int64_t rest = row, base = 0;
    for (int d = c->rank - 2; d >= 0; d--) {
      int64_t offset = c->offsets[d][rest % c->dims[d]];
      base = offset < 0 || base < 0 ? -1 : base + offset;
      rest /= c->dims[d];
    }
    switch (c->size) {
    case 1:
      copy_uint8_t(c, row, base);
      break;
    case 2:
      copy_uint16_t(c, row, base);
      break;
    case 4:
      copy_uint32_t(c, row, base);
      break;
    default:
      copy_uint64_t(c, row, base);
      break;
    }
  }
}

void ck_copy_mapped(void *out, const void *x, const void *value, int rank, const int64_t *dims, const int64_t *offsets,
                    int element_size) {
  const int64_t one = 1, zero = 0;
  mapped_copy context = {out, x, value, rank, element_size, dims, {0}};
  if (rank == 0) {
    context.rank = 1;
    context.dims = &one;
    context.offsets[0] = &zero;
    copy_rows(&context, 0, 1);
    return;
  }
  int64_t rows = 1;
  for (int d = 0; d < rank; d++) {
    context.offsets[d] = offsets;
    offsets += dims[d];
    rows *= d < rank - 1 ? dims[d] : 1;
  }
  ck_parallel_range(rows, dims[rank - 1] + rank, copy_rows, &context);
}

typedef struct resampling {
  float *y;
  const float *x;
  int64_t n, out, inner, taps;
  const int64_t *positions;
  const double *weights;
} resampling;

enum { resample_columns = 64 };

static void resample_rows(void *context, int64_t begin, int64_t end) {
  const resampling *c = context;
  for (int64_t row = begin; row < end; row++) {
    const float *x = c->x + row / c->out * c->n * c->inner;
    const int64_t *positions = c->positions + row % c->out * c->taps;
    const double *weights = c->weights + row % c->out * c->taps;
    float *y = c->y + row * c->inner;
    for (int64_t first = 0; first < c->inner; first += resample_columns) {
      int64_t width = ck_min_i64(resample_columns, c->inner - first);
      double sums[resample_columns] = {0};
      for (int64_t t = 0; t < c->taps; t++) {
        if (weights[t] == 0.0)
          continue;
        const float *from = x + positions[t] * c->inner + first;
        for (int64_t i = 0; i < width; i++)
          sums[i] += weights[t] * (double)from[i];
      }
      for (int64_t i = 0; i < width; i++)
        y[first + i] = (float)sums[i];
    }
  }
}

void ck_resample_f32(float *y, const float *x, int64_t outer, int64_t n, int64_t out, int64_t inner, int64_t taps,
                     const int64_t *positions, const double *weights) {
  resampling context = {y, x, n, out, inner, taps, positions, weights};
  ck_parallel_range(outer * out, inner * taps, resample_rows, &context);
}
