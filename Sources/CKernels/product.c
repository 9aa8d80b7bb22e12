#include "gemm_internal.h"
#include <string.h>

enum {
  most_depth = 768,         // k of one pass over a tile
  most_packing_depth = 512, // the same where operands are packed
  group_columns = 256,      // columns that are packed at once
  group_rows = 120,         // rows that are worked on, and packed if they are transposed, at once
  least_packed_rows = 9     // rows from which on it pays to pack b, where it could be read in place
};

/// One pass over k of the columns and rows in hand.
typedef struct pass {
  const ck_product *p;
  const ck_gemm_tiles *tiles;
  ck_gemm_strips strips;
  /// What the sums start from, laid out as c is; null for zeros.
  const float *from;
  /// Packed panels of the next pass; null where there are none.
  const float *after;
  bool ends;
} pass;

bool ck_product_starts_from_residual(const ck_product *p) {
  return p->end.residual && p->end.activation == CK_ACTIVATION_NONE && !p->end.pre_activation;
}

void ck_product_end_tile(const ck_product *p, bool biased, int64_t at, int64_t rows, int64_t column, int64_t columns) {
  ck_epilogue end = p->end;
  if (biased)
    end.bias = NULL;
  if (ck_product_starts_from_residual(p))
    end.residual = NULL;
  if (p->g.alpha == 1.0f && !end.bias && !end.residual && !end.pre_activation && end.activation == CK_ACTIVATION_NONE)
    return;
  if (end.bias)
    end.bias += column;
  if (end.residual)
    end.residual += at;
  if (end.pre_activation)
    end.pre_activation += at;
  ck_dispatch()->gemm_end_tile(p->c + at, p->g.ldc, rows, columns, p->g.alpha, &end);
}

bool ck_product_only_activates(const ck_product *p) {
  return p->end.activation != CK_ACTIVATION_NONE && !p->end.pre_activation && !p->end.residual;
}

void ck_product_activate(const ck_product *p, float *tile, int64_t at, int64_t rows, int64_t columns) {
  ck_epilogue end = {.activation = p->end.activation};
  ck_dispatch()->gemm_end_tile(tile, columns, rows, columns, 1.0f, &end);
  for (int64_t i = 0; i < rows; i++)
    memcpy(p->c + at + i * p->g.ldc, tile + i * columns, (size_t)columns * sizeof(float));
}

/// A tile that is narrower than its panels, by way of a whole one.
static void edge_tile(const pass *s, ck_gemm_tile *run, float *c, const float *a, const float *b, const float *from,
                      int64_t rows, int64_t columns, int64_t width) {
  float whole[CK_GEMM_MOST_ROWS * CK_GEMM_MOST_PANELS * CK_GEMM_PANEL];
  if (from) {
    memset(whole, 0, (size_t)(rows * width) * sizeof(float));
    for (int64_t i = 0; i < rows; i++)
      memcpy(whole + i * width, from + i * s->p->g.ldc, (size_t)columns * sizeof(float));
  }
  run(whole, width, &s->strips, a, b, from ? whole : NULL);
  for (int64_t i = 0; i < rows; i++)
    memcpy(c + i * s->p->g.ldc, whole + i * width, (size_t)columns * sizeof(float));
}

/// No more of the rows that fall on one set of the first cache are read at once than it holds there.
enum { most_aliased_rows = 8 };

/// How many of `left` panels a tile takes for `rows` rows: as many as the registers hold.
static int panels_of(const ck_gemm_tiles *tiles, int64_t rows, int64_t left) {
  int panels = CK_GEMM_MOST_PANELS;
  while (panels > 1 && (panels > left || (rows > tiles->rows[panels] && tiles->rows[panels] < tiles->rows[1])))
    panels /= 2;
  return panels;
}

/// One tile at (row, column), `used` columns of `panels` panels wide.
static void run_tile(pass *s, const float *a, const float *b, int64_t row, int64_t height, int64_t column, int64_t used,
                     int panels) {
  const ck_product *p = s->p;
  int64_t at = row * p->g.ldc + column, width = panels * CK_GEMM_PANEL;
  const float *from = s->from ? s->from + at : NULL;
  ck_gemm_tile *run = s->tiles->run[panels][height];
  bool biased = s->ends && used == width && p->g.alpha == 1.0f && p->end.bias;
  s->strips.bias = biased ? p->end.bias + column : NULL;
  if (biased && !from && ck_product_only_activates(p)) {
    // Beside c, whose rows are far apart.
    float tile[CK_GEMM_MOST_ROWS * CK_GEMM_MOST_PANELS * CK_GEMM_PANEL];
    run(tile, width, &s->strips, a, b, NULL);
    ck_product_activate(p, tile, at, height, width);
    return;
  }
  if (used == width)
    run(p->c + at, p->g.ldc, &s->strips, a, b, from);
  else
    edge_tile(s, run, p->c + at, a, b, from, height, used, width);
  if (s->ends)
    ck_product_end_tile(p, biased, at, height, column, used);
}

/// How `rows` rows are cut into tiles.
typedef struct row_cut {
  int64_t rows, count;
} row_cut;

static row_cut cut_rows(const pass *s, int panels, int64_t rows) {
  int64_t most = s->tiles->rows[panels];
  if (s->strips.a_row % ck_aliasing == 0)
    most = ck_min_i64(most, most_aliased_rows);
  return (row_cut){rows, ck_ceil_div(rows, most)};
}

static int64_t height_of(const row_cut *cut, int64_t tile) {
  return cut->rows / cut->count + (tile < cut->rows % cut->count);
}

/// Rows [row, row + rows) × columns [column, column + columns); `a` and `b` point to the first of them. Packed rows lie
/// as `pack_rows` lays them out.
static void run_tiles(pass *s, const float *a, bool packed_rows, const float *b, int64_t row, int64_t rows,
                      int64_t column, int64_t columns) {
  for (int64_t j = 0; j < columns;) {
    int panels = panels_of(s->tiles, rows, ck_ceil_div(columns - j, CK_GEMM_PANEL));
    int64_t width = panels * CK_GEMM_PANEL, used = ck_min_i64(width, columns - j);
    const float *strip = b + j / CK_GEMM_PANEL * s->strips.b_panel;
    row_cut cut = cut_rows(s, packed_rows ? 1 : panels, rows);
    // While this group of panels is in use, the next is called; behind the last, the first of the next pass.
    const float *next = j + width < columns ? strip + panels * s->strips.b_panel : s->after ? s->after : strip;
    s->strips.next = (const char *)next;
    s->strips.next_step = ck_ceil_div(CK_GEMM_PANEL * (int64_t)sizeof(float), cut.count);
    for (int64_t tile = 0, i = 0; tile < cut.count; tile++) {
      int64_t height = height_of(&cut, tile);
      const float *strip_a = a + i * (packed_rows ? s->strips.k : s->strips.a_row);
      if (packed_rows)
        s->strips.a_step = height;
      run_tile(s, strip_a, strip, row + i, height, column + j, used, panels);
      i += height;
      s->strips.next += s->strips.next_step * s->strips.k;
    }
    j += used;
  }
}

/// Rows of a matrix that are copied in turn lie pages apart: this many of them are called into the cache ahead.
enum { ahead = 8, line = 16 };

static void call_row(const float *row, int64_t n) {
  for (int64_t i = 0; i < n; i += line)
    __builtin_prefetch(row + i);
}

/// packed = rows [row, row + rows) of aᵀ [depth, rows], by tiles of one panel: [depth, height] each.
static void pack_rows(const pass *s, float *packed, const float *a, int64_t lda, int64_t rows) {
  row_cut cut = cut_rows(s, 1, rows);
  for (int64_t p = 0; p < s->strips.k; p++, a += lda) {
    if (p + ahead < s->strips.k)
      call_row(a + ahead * lda, rows);
    for (int64_t tile = 0, i = 0; tile < cut.count; tile++) {
      int64_t height = height_of(&cut, tile);
      float *to = packed + i * s->strips.k + p * height;
      if (height == 12) {
        memcpy(to, a + i, 12 * sizeof(float));
      } else if (height == 6) {
        memcpy(to, a + i, 6 * sizeof(float));
      } else {
        for (int64_t r = 0; r < height; r++)
          to[r] = a[i + r];
      }
      i += height;
    }
  }
}

void ck_product_pack(float *packed, const ck_loose_f32 *b, const ck_gemm *g, int64_t first, int64_t depth,
                     int64_t column, int64_t columns) {
  for (int64_t j = 0; j < columns; j += CK_GEMM_PANEL, packed += depth * CK_GEMM_PANEL) {
    int64_t width = ck_min_i64(CK_GEMM_PANEL, columns - j);
    if (width < CK_GEMM_PANEL)
      memset(packed, 0, (size_t)(depth * CK_GEMM_PANEL) * sizeof(float));
    if (g->transpose_b) {
      ck_dispatch()->transpose(packed, CK_GEMM_PANEL, b + (column + j) * g->ldb + first, g->ldb, width, depth);
    } else if (width == CK_GEMM_PANEL) {
      const ck_loose_f32 *from = b + first * g->ldb + column + j;
      for (int64_t p = 0; p < depth; p++)
        memcpy(packed + p * CK_GEMM_PANEL, from + p * g->ldb, CK_GEMM_PANEL * sizeof(float));
    } else {
      const ck_loose_f32 *from = b + first * g->ldb + column + j;
      for (int64_t p = 0; p < depth; p++)
        memcpy(packed + p * CK_GEMM_PANEL, from + p * g->ldb, (size_t)width * sizeof(float));
    }
  }
}

/// One pass, with b in panels: a is read in place, or packed a group of rows at a time where it is transposed.
static void run_rows(pass *s, int64_t first, const float *b, int64_t row, int64_t rows, int64_t column,
                     int64_t columns) {
  const ck_gemm *g = &s->p->g;
  if (s->p->in_place && g->transpose_a) {
    s->strips.a_row = 1;
    s->strips.a_step = g->lda;
    run_tiles(s, s->p->a + first * g->lda + row, false, b, row, rows, column, columns);
    return;
  }
  int64_t groups = ck_ceil_div(rows, group_rows), most = ck_ceil_div(rows, groups);
  for (int64_t i = 0; i < rows; i += most) {
    int64_t height = ck_min_i64(most, rows - i);
    if (g->transpose_a) {
      float packed[group_rows * most_packing_depth];
      s->strips.a_row = 1;
      pack_rows(s, packed, s->p->a + first * g->lda + row + i, g->lda, height);
      run_tiles(s, packed, true, b, row + i, height, column, columns);
    } else {
      s->strips.a_row = g->lda;
      s->strips.a_step = 1;
      run_tiles(s, s->p->a + (row + i) * g->lda + first, false, b, row + i, height, column, columns);
    }
  }
}

/// What the sums start from: 0, c or the residual where they are not multiplied, else c = start · factor.
static const float *start_of(const ck_product *p, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  bool residual = ck_product_starts_from_residual(p);
  const float *start = residual ? p->end.residual : p->g.beta != 0.0f ? p->c : NULL;
  float factor = (residual ? 1.0f : p->g.beta) / p->g.alpha;
  if (!start || factor == 1.0f)
    return start;
  for (int64_t i = row; i < row + rows; i++) {
    for (int64_t j = column; j < column + columns; j++)
      p->c[i * p->g.ldc + j] = start[i * p->g.ldc + j] * factor;
  }
  return p->c;
}

/// Columns that are read in place or lie packed already, or a group of columns that is packed here.
static void run_columns(const ck_product *p, int64_t row, int64_t rows, int64_t column, int64_t columns, bool packs) {
  const ck_gemm *g = &p->g;
  bool packs_rows = g->transpose_a && !p->in_place;
  int64_t passes = ck_ceil_div(g->k, packs || packs_rows ? most_packing_depth : most_depth);
  int64_t most = ck_ceil_div(g->k, ck_max_i64(1, passes));
  pass s = {.p = p, .tiles = ck_dispatch()->gemm_tiles, .from = start_of(p, row, rows, column, columns)};
  float packed[group_columns * most_packing_depth];
  for (int64_t first = 0; first < g->k || first == 0; first += most) {
    int64_t depth = ck_min_i64(most, g->k - first);
    s.strips.k = depth;
    s.ends = first + depth == g->k;
    const float *b = packed;
    s.strips.b_panel = depth * CK_GEMM_PANEL;
    s.strips.b_step = CK_GEMM_PANEL;
    if (g->packed_b) {
      s.strips.b_panel = g->k * CK_GEMM_PANEL;
      b = p->b + column * g->k + first * CK_GEMM_PANEL;
      s.after = s.ends ? NULL : b + depth * CK_GEMM_PANEL;
    } else if (packs) {
      ck_product_pack(packed, p->b, g, first, depth, column, columns);
    } else {
      s.strips.b_panel = CK_GEMM_PANEL;
      s.strips.b_step = g->ldb;
      b = p->b + first * g->ldb + column;
    }
    run_rows(&s, first, b, row, rows, column, columns);
    s.from = p->c;
    if (s.ends)
      break;
  }
}

void ck_product_run(const ck_product *given, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  if (rows <= 0 || columns <= 0)
    return;
  ck_product product = *given, *p = &product;
  if (p->g.alpha == 0.0f) {
    p->g.alpha = 1.0f;
    p->g.k = 0;
  }
  if (p->g.packed_b || p->in_place) {
    run_columns(p, row, rows, column, columns, false);
    return;
  }
  // A few rows read whole panels of b where they lie.
  int64_t in_place = rows < least_packed_rows && !p->g.transpose_b ? columns / CK_GEMM_PANEL * CK_GEMM_PANEL : 0;
  if (in_place > 0)
    run_columns(p, row, rows, column, in_place, false);
  for (int64_t j = in_place; j < columns; j += group_columns)
    run_columns(p, row, rows, column + j, ck_min_i64(group_columns, columns - j), true);
}

typedef struct packing {
  float *packed;
  const ck_loose_f32 *b;
  ck_gemm g;
} packing;

/// Panels that are packed together: rows are read in longer runs.
enum { packing_panels = 8 };

static void run_packing(void *context, int64_t task, int slot) {
  (void)slot;
  const packing *c = context;
  const ck_gemm *g = &c->g;
  int64_t column = task * packing_panels * CK_GEMM_PANEL;
  int64_t columns = ck_min_i64(packing_panels * CK_GEMM_PANEL, g->n - column);
  float *packed = c->packed + column * g->k;
  if (g->transpose_b || columns < packing_panels * CK_GEMM_PANEL) {
    ck_product_pack(packed, c->b, g, 0, g->k, column, columns);
    return;
  }
  for (int64_t p = 0; p < g->k; p++) {
    for (int64_t q = 0; q < packing_panels; q++)
      memcpy(packed + (q * g->k + p) * CK_GEMM_PANEL, c->b + p * g->ldb + column + q * CK_GEMM_PANEL,
             CK_GEMM_PANEL * sizeof(float));
  }
}

void ck_gemm_pack_f32(float *packed, const void *b, int64_t k, int64_t n, int64_t ldb, bool transpose_b) {
  packing context = {packed, b, {.k = k, .n = n, .ldb = ldb, .transpose_b = transpose_b}};
  ck_parallel(ck_ceil_div(n, packing_panels * CK_GEMM_PANEL), k * n, run_packing, &context);
}

int64_t ck_gemm_packed_elements(int64_t k, int64_t n) { return ck_ceil_div(n, CK_GEMM_PANEL) * CK_GEMM_PANEL * k; }
