#include "internal.h"
#include <string.h>

enum {
  panel = CK_GEMM_PANEL,
  block_rows = 48,   // of a task
  block_panels = 16, // of a task
  alignment = 64,
};

static int64_t pairs(int64_t k) { return ck_ceil_div(k, 2); }

static int64_t aligned(int64_t bytes) { return ck_ceil_div(bytes, alignment) * alignment; }

int64_t ck_integer_packed_bytes(int64_t k, int64_t n) {
  return aligned(ck_ceil_div(n, panel) * pairs(k) * panel * 2 * (int64_t)sizeof(int16_t));
}

static int64_t row_bytes(int64_t m, int64_t k) { return aligned(m * pairs(k) * 2 * (int64_t)sizeof(int16_t)); }

int64_t ck_integer_product_scratch(const ck_integer_product *s) {
  return row_bytes(s->m, s->k) + (s->packed_b ? 0 : ck_integer_packed_bytes(s->k, s->n));
}

static int16_t element(const ck_bytes *x, int64_t index) {
  return x->is_signed ? ((const int8_t *)x->elements)[index] : ((const uint8_t *)x->elements)[index];
}

/// What is taken from row (or column) `index`.
static int16_t zero(const ck_bytes *x, int64_t index) {
  if (x->zero_count == 0 || !x->zeros)
    return 0;
  int64_t at = x->zero_count == 1 ? 0 : index;
  return x->is_signed ? ((const int8_t *)x->zeros)[at] : ((const uint8_t *)x->zeros)[at];
}

typedef struct packing {
  int16_t *out;
  const ck_bytes *from;
  int64_t k, n;
} packing;

static void pack_panels(void *context, int64_t begin, int64_t end) {
  const packing *p = context;
  for (int64_t q = begin; q < end; q++) {
    int16_t *to = p->out + q * pairs(p->k) * panel * 2;
    memset(to, 0, (size_t)(pairs(p->k) * panel * 2) * sizeof(int16_t));
    int64_t columns = ck_min_i64(panel, p->n - q * panel);
    int16_t zeros[panel];
    for (int64_t j = 0; j < columns; j++)
      zeros[j] = zero(p->from, q * panel + j);
    for (int64_t i = 0; i < p->k; i++)
      for (int64_t j = 0; j < columns; j++)
        to[(i / 2 * panel + j) * 2 + i % 2] = (int16_t)(element(p->from, i * p->n + q * panel + j) - zeros[j]);
  }
}

void ck_integer_pack(int16_t *packed, const ck_bytes *b, int64_t k, int64_t n) {
  packing context = {packed, b, k, n};
  ck_parallel_range(ck_ceil_div(n, panel), k * panel, pack_panels, &context);
}

/// Rows of a as 16-bit integers less their zeros, with a zero behind an odd end.
static void widen_rows(void *context, int64_t begin, int64_t end) {
  const packing *p = context;
  int64_t step = pairs(p->k) * 2;
  for (int64_t row = begin; row < end; row++) {
    int16_t *to = p->out + row * step, z = zero(p->from, row);
    if (p->from->is_signed) {
      const int8_t *x = (const int8_t *)p->from->elements + row * p->k;
      for (int64_t i = 0; i < p->k; i++)
        to[i] = (int16_t)(x[i] - z);
    } else {
      const uint8_t *x = (const uint8_t *)p->from->elements + row * p->k;
      for (int64_t i = 0; i < p->k; i++)
        to[i] = (int16_t)(x[i] - z);
    }
    if (p->k < step)
      to[p->k] = 0;
  }
}

static void widen(int16_t *rows, const ck_bytes *a, int64_t m, int64_t k) {
  packing context = {rows, a, k, 0};
  ck_parallel_range(m, k, widen_rows, &context);
}

typedef struct product {
  int32_t *c;
  const int16_t *a, *b;
  int64_t m, n, pairs;
} product;

static void run(void *context, int64_t task, int slot) {
  const product *p = context;
  (void)slot;
  int64_t panels = ck_ceil_div(p->n, panel), groups = ck_ceil_div(panels, block_panels);
  int64_t first_row = task / groups * block_rows, first_panel = task % groups * block_panels;
  int64_t end_row = ck_min_i64(first_row + block_rows, p->m);
  int64_t end_panel = ck_min_i64(first_panel + block_panels, panels);
  int64_t most = ck_dispatch()->integer_rows;
  for (int64_t q = first_panel; q < end_panel; q++) {
    int64_t columns = ck_min_i64(panel, p->n - q * panel);
    for (int64_t row = first_row; row < end_row; row += most)
      ck_dispatch()->integer_tile(p->c + row * p->n + q * panel, p->n, p->a + row * p->pairs * 2, p->pairs * 2,
                                  p->b + q * p->pairs * panel * 2, p->pairs, ck_min_i64(most, end_row - row), columns);
  }
}

/// c = a · b, both as `ck_integer_product` reads them.
static void multiply(int32_t *c, const int16_t *a, const int16_t *b, int64_t m, int64_t n, int64_t k) {
  product context = {c, a, b, m, n, pairs(k)};
  int64_t tasks = ck_ceil_div(m, block_rows) * ck_ceil_div(ck_ceil_div(n, panel), block_panels);
  ck_parallel(tasks, m * n * k, run, &context);
}

void ck_integer_product_s32(int32_t *c, const ck_bytes *a, const ck_bytes *b, const ck_integer_product *s,
                            void *scratch) {
  int16_t *rows = scratch;
  widen(rows, a, s->m, s->k);
  const int16_t *packed = b->elements;
  if (!s->packed_b) {
    int16_t *made = (int16_t *)((char *)scratch + row_bytes(s->m, s->k));
    ck_integer_pack(made, b, s->k, s->n);
    packed = made;
  }
  multiply(c, rows, packed, s->m, s->n, s->k);
}

// Convolution

static int64_t depth(const ck_integer_conv2d *s) { return s->channels * s->kernel_height * s->kernel_width; }

int64_t ck_integer_conv2d_scratch(const ck_integer_conv2d *s) {
  return row_bytes(s->groups * s->filters, depth(s)) + ck_integer_packed_bytes(depth(s), s->out_height * s->out_width);
}

typedef struct unfolding {
  int16_t *out;
  const ck_bytes *x;
  /// Element of x where the group's first channel begins.
  int64_t first;
  const ck_integer_conv2d *s;
} unfolding;

/// The patches of 16 neighbouring outputs as a panel.
static void unfold_panels(void *context, int64_t begin, int64_t end) {
  const unfolding *u = context;
  const ck_integer_conv2d *s = u->s;
  int64_t outputs = s->out_height * s->out_width, size = pairs(depth(s)) * panel * 2;
  int16_t z = zero(u->x, 0);
  for (int64_t q = begin; q < end; q++) {
    int16_t *to = u->out + q * size;
    memset(to, 0, (size_t)size * sizeof(int16_t));
    int64_t columns = ck_min_i64(panel, outputs - q * panel);
    for (int64_t j = 0; j < columns; j++) {
      int64_t at = q * panel + j, i = 0;
      int64_t top = at / s->out_width * s->stride_y - s->pad_top, left = at % s->out_width * s->stride_x - s->pad_left;
      for (int64_t c = 0; c < s->channels; c++)
        for (int64_t ky = 0; ky < s->kernel_height; ky++)
          for (int64_t kx = 0; kx < s->kernel_width; kx++, i++) {
            int64_t y = top + ky * s->dilation_y, x = left + kx * s->dilation_x;
            if (y < 0 || y >= s->height || x < 0 || x >= s->width)
              continue;
            int64_t from = u->first + (c * s->height + y) * s->width + x;
            to[(i / 2 * panel + j) * 2 + i % 2] = (int16_t)(element(u->x, from) - z);
          }
    }
  }
}

void ck_integer_conv2d_s32(int32_t *y, const ck_bytes *x, const ck_bytes *w, const ck_integer_conv2d *s,
                           void *scratch) {
  int64_t k = depth(s), outputs = s->out_height * s->out_width;
  int16_t *filters = scratch, *patches = (int16_t *)((char *)scratch + row_bytes(s->groups * s->filters, k));
  widen(filters, w, s->groups * s->filters, k);
  for (int64_t image = 0; image < s->batch; image++)
    for (int64_t group = 0; group < s->groups; group++) {
      int64_t block = image * s->groups + group;
      unfolding u = {patches, x, block * s->channels * s->height * s->width, s};
      ck_parallel_range(ck_ceil_div(outputs, panel), k * panel * 2, unfold_panels, &u);
      multiply(y + block * s->filters * outputs, filters + group * s->filters * pairs(k) * 2, patches, s->filters,
               outputs, k);
    }
}
