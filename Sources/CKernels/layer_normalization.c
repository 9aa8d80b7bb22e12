#include "internal.h"
#include <string.h>

enum { block_rows = 32, most_blocks = 64 };

typedef struct forward {
  float *y, *mean, *inverse_deviation;
  const float *x, *scale, *bias;
  int64_t width;
  float epsilon;
} forward;

static void forward_rows(void *context, int64_t begin, int64_t end) {
  const forward *c = context;
  const ck_kernels *k = ck_dispatch();
  for (int64_t row = begin; row < end; row++) {
    float mean, inverse_deviation;
    const float *x = c->x + row * c->width;
    k->layer_normalization_statistics(&mean, &inverse_deviation, x, c->width, c->epsilon);
    k->layer_normalization_row(c->y + row * c->width, x, c->scale, c->bias, mean, inverse_deviation, c->width);
    if (c->mean)
      c->mean[row] = mean;
    if (c->inverse_deviation)
      c->inverse_deviation[row] = inverse_deviation;
  }
}

void ck_layer_normalization_f32(float *y, float *mean, float *inverse_deviation, const float *x, const float *scale,
                                const float *bias, int64_t rows, int64_t width, float epsilon) {
  forward context = {y, mean, inverse_deviation, x, scale, bias, width, epsilon};
  ck_parallel_range(rows, width * 2, forward_rows, &context);
}

typedef struct backward {
  float *dx, *dscale, *dbias;
  const float *dy, *x, *scale, *mean, *inverse_deviation;
  int64_t rows, width, blocks;
  float epsilon;
  float *partial;
} backward;

static int64_t block_count(int64_t rows) {
  return ck_max_i64(1, ck_min_i64(most_blocks, ck_ceil_div(rows, block_rows)));
}

int64_t ck_layer_normalization_gradient_scratch(int64_t rows, int64_t width) {
  return block_count(rows) * 2 * width * (int64_t)sizeof(float);
}

static void backward_block(void *context, int64_t block, int slot) {
  (void)slot;
  const backward *c = context;
  const ck_kernels *k = ck_dispatch();
  float *dscale = c->partial + block * 2 * c->width, *dbias = dscale + c->width;
  memset(dscale, 0, (size_t)(2 * c->width) * sizeof(float));
  for (int64_t row = block * c->rows / c->blocks; row < (block + 1) * c->rows / c->blocks; row++) {
    const float *x = c->x + row * c->width;
    float mean, inverse_deviation;
    if (c->mean && c->inverse_deviation) {
      mean = c->mean[row];
      inverse_deviation = c->inverse_deviation[row];
    } else {
      k->layer_normalization_statistics(&mean, &inverse_deviation, x, c->width, c->epsilon);
    }
    k->layer_normalization_gradient_row(c->dx ? c->dx + row * c->width : NULL, c->dscale ? dscale : NULL,
                                        c->dbias ? dbias : NULL, c->dy + row * c->width, x, c->scale, mean,
                                        inverse_deviation, c->width);
  }
}

static void add_blocks(void *context, int64_t begin, int64_t end) {
  const backward *c = context;
  for (int64_t i = begin; i < end; i++) {
    double dscale = 0.0, dbias = 0.0;
    for (int64_t block = 0; block < c->blocks; block++) {
      dscale += (double)c->partial[block * 2 * c->width + i];
      dbias += (double)c->partial[(block * 2 + 1) * c->width + i];
    }
    if (c->dscale)
      c->dscale[i] = (float)dscale;
    if (c->dbias)
      c->dbias[i] = (float)dbias;
  }
}

void ck_layer_normalization_gradient_f32(float *dx, float *dscale, float *dbias, const float *dy, const float *x,
                                         const float *scale, const float *mean, const float *inverse_deviation,
                                         int64_t rows, int64_t width, float epsilon, void *scratch) {
  backward context = {dx,      dscale, dbias, dy, x, scale, mean, inverse_deviation, rows, width, block_count(rows),
                      epsilon, scratch};
  ck_parallel(context.blocks, rows * width * 4, backward_block, &context);
  if (dscale || dbias)
    ck_parallel_range(width, context.blocks * 2, add_blocks, &context);
}
