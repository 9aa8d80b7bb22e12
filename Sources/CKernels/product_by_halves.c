/// Products by halves: Strassen's method (V. Strassen, "Gaussian Elimination is not Optimal", 1969) in Winograd's form,
/// once, without matrices of intermediate sums, as in J. Huang, T. Smith, G. Henry, R. van de Geijn, "Strassen's
/// Algorithm Reloaded" (SC 2016). With a, b and c in quarters,
///
///     s1 = a21 + a22    s2 = s1 − a11    s3 = a21 − a11    s4 = a12 − s2
///     t1 = b12 − b11    t3 = b12 − b22   t2 = b11 − t3     t4 = b21 − t2
///
///     x = a11 b11                        c11 = x + a12 b21
///     x += s2 t2        y = x + s3 t3    c21 = y + a22 t4
///     x += s4 b22                        c12 = x + s1 t1    c22 = y + s1 t1
///
/// The halves of rows are the even and the odd ones, those of columns and of k the first and the second. A task sums
/// the rows that it owns, of both halves, once a pass over k; then takes the columns a group at a time. Differences of
/// b are formed by the first tile that reads them. What is a half depends on sizes alone, and so does the result.
#include "gemm_internal.h"

enum {
  least_rows = 32, // of a group; sizes from which on it pays
  least_columns = 256,
  least_depth = 512,
  group = 2 * CK_GEMM_PANEL, // columns of either half that are worked on at once
  most_depth = 512,          // half of k in one pass
  spacing = 16,              // elements between rows of sums
  most_sums = 24000,         // elements of the sums in one block
  most_rows = 60,
  fewest_rows = 40,
  least_task_columns = 192, // columns of either half for which it pays to sum rows
  tasks_per_thread = 4
};

static const float zeros[most_depth];

bool ck_gemm_takes_strassen(const ck_gemm *g) {
  return g->strassen_rows >= least_rows && g->m % g->strassen_rows == 0 && !g->transpose_a && g->alpha == 1.0f &&
         g->beta == 0.0f && g->n >= least_columns && g->k >= least_depth && g->k % 2 == 0;
}

/// One product and its cuts: strips of `rows` rows, `upper` of them even ones, whose partners follow them, but for the
/// last where rows are odd; columns [0, left) have theirs `left` further right. Columns behind are an ordinary product.
typedef struct halves {
  const ck_product *p;
  /// The same with rows twice as far apart.
  ck_product pairs;
  int64_t rows, upper, left, half, depth;
  int64_t blocks, groups, across;
} halves;

/// A pass over `k` elements of k from `first` on, for `rows` even rows from row `row` on, of which `paired` have
/// partners.
typedef struct block {
  const halves *h;
  int64_t row, rows, paired, first, k;
  bool ends;
  /// s1 … s4, and a11, a12, a22, with rows so far apart.
  const float *sums, *a11, *a12, *a22;
  int64_t sums_row, sums_block, a_row;
  /// Room for a group of columns, and for its quarters of b where b is not packed.
  float *difference, *x, *y, *packed;
} block;

/// One tile, whose first row is row `row` of the ends; those in c, at `at[e]` for this row, are completed. An
/// activation is applied beside c, whose rows are far apart.
static void run_tile(const block *k, ck_halves_strips s, ck_halves_tile *run, const float *a, int64_t row, int64_t rows,
                     const int64_t *at) {
  const ck_product *p = &k->h->pairs;
  int64_t width = ck_dispatch()->halves_tiles->panels * CK_GEMM_PANEL;
  float beside[2][CK_GEMM_MOST_ROWS * group];
  bool completes = at && k->ends, is_beside = completes && ck_product_only_activates(p);
  for (int e = 0; e < s.end_count; e++) {
    ck_halves_end *end = &s.ends[e];
    end->c = is_beside ? beside[e] : end->c + row * end->c_row;
    end->first += row * end->first_row;
    end->second += row * end->second_row;
    if (is_beside)
      end->c_row = width;
  }
  run(&s, a);
  for (int e = 0; completes && e < s.end_count; e++) {
    if (is_beside)
      ck_product_activate(p, beside[e], at[e], rows, width);
    else
      ck_product_end_tile(p, true, at[e], rows, at[e] % k->h->p->g.ldc, width);
  }
}

/// Runs tiles of `rows` rows from row `row` of the ends on. Ends in c, at `at[e]` for row 0, are completed.
static void run_tiles(const block *k, ck_halves_strips s, bool forms, const float *a, int64_t row, int64_t rows,
                      const int64_t *at) {
  const ck_halves_tiles *tiles = ck_dispatch()->halves_tiles;
  int64_t count = ck_ceil_div(rows, tiles->rows), width = tiles->panels * CK_GEMM_PANEL;
  s.k = k->k;
  s.next_step = ck_ceil_div(CK_GEMM_PANEL * (int64_t)sizeof(float), count);
  for (int64_t j = 0; j < group; j += width) {
    const char *next = s.next;
    for (int64_t tile = 0, i = row; tile < count; tile++) {
      int64_t height = rows / count + (tile < rows % count), places[2];
      for (int e = 0; at && e < s.end_count; e++)
        places[e] = at[e] + i * k->h->pairs.g.ldc + j;
      run_tile(k, s, (forms && tile == 0 ? tiles->forms : tiles->reads)[height], a + i * s.a_row, i, height,
               at ? places : NULL);
      i += height;
      s.next += s.next_step * k->k;
    }
    s.next = next + tiles->panels * s.next_panel * (int64_t)sizeof(float);
    if (forms) {
      s.minuend += tiles->panels * s.minuend_panel;
      s.subtrahend += tiles->panels * s.subtrahend_panel;
      s.difference += tiles->panels * s.b_panel;
    }
    s.b += tiles->panels * s.b_panel;
    for (int e = 0; e < s.end_count; e++) {
      ck_halves_end *end = &s.ends[e];
      end->c += width;
      end->first += end->first_row ? width : 0;
      end->second += end->second_row ? width : 0;
      end->bias += width;
    }
  }
}

static ck_halves_end into_buffer(float *c, const float *first, const float *second) {
  return (ck_halves_end){c,     first ? first : zeros, second ? second : zeros, zeros,
                         group, first ? group : 0,     second ? group : 0};
}

/// Into c at `at`, on what was there before this pass.
static ck_halves_end into_c(const block *k, int64_t at, const float *first) {
  const ck_product *p = k->h->p;
  const float *before = k->first > 0 ? p->c : ck_product_starts_from_residual(p) ? p->end.residual : NULL;
  const float *bias = k->ends && p->end.bias ? p->end.bias + at % p->g.ldc : zeros;
  return (ck_halves_end){p->c + at,    first, before ? before + at : zeros, bias,
                         2 * p->g.ldc, group, before ? 2 * p->g.ldc : 0};
}

/// b in quarters, for one group of columns and one pass over k, in panels that lie `panel` apart. The next quarters lie
/// `next` further on.
typedef struct quarters {
  const float *b11, *b12, *b21, *b22;
  int64_t panel, next;
} quarters;

/// Columns [column, column + group) of the left half and their partners. `step`: how far on in a packed b the next
/// group is.
static quarters quarters_of(const block *k, int64_t column, int64_t step) {
  const halves *h = k->h;
  const ck_gemm *g = &h->p->g;
  if (g->packed_b) {
    const float *b11 = h->p->b + column * g->k + k->first * CK_GEMM_PANEL, *b21 = b11 + h->half * CK_GEMM_PANEL;
    return (quarters){b11, b11 + h->left * g->k, b21, b21 + h->left * g->k, g->k * CK_GEMM_PANEL, step};
  }
  int64_t size = group * k->k;
  for (int64_t q = 0; q < 4; q++)
    ck_product_pack(k->packed + q * size, h->p->b, g, k->first + q / 2 * h->half, k->k, column + q % 2 * h->left,
                    group);
  return (quarters){k->packed, k->packed + size, k->packed + 2 * size, k->packed + 3 * size, k->k * CK_GEMM_PANEL, 0};
}

/// Columns [column, column + group) of the left half and their partners, for all rows of the block.
static void run_group(const block *k, int64_t column, int64_t step) {
  const halves *h = k->h;
  const ck_gemm *g = &h->p->g;
  const quarters b = quarters_of(k, column, step);
  int64_t panel = b.panel, formed = k->k * CK_GEMM_PANEL, sums = k->sums_block;
  int64_t c11 = k->row * g->ldc + column, c21 = c11 + g->ldc, right[2] = {c11 + h->left, c21 + h->left};
  ck_halves_strips reads = {.a_row = k->a_row, .b_panel = panel, .next_panel = panel, .end_count = 1};
  ck_halves_strips forms = {.a_row = k->sums_row, .b_panel = formed, .b = k->difference, .next_panel = panel};
  forms.difference = k->difference;
  forms.minuend_panel = forms.subtrahend_panel = panel;
  forms.end_count = 1;

  reads.b = b.b11;
  reads.next = (const char *)(b.b11 + b.next);
  reads.ends[0] = into_buffer(k->x, NULL, NULL);
  run_tiles(k, reads, false, k->a11, 0, k->rows, NULL);

  reads.b = b.b21;
  reads.next = (const char *)(b.b21 + b.next);
  reads.ends[0] = into_c(k, c11, k->x);
  run_tiles(k, reads, false, k->a12, 0, k->rows, &c11);

  forms.minuend = b.b12;
  forms.subtrahend = b.b22;
  forms.next = (const char *)(b.b12 + b.next);
  forms.ends[0] = into_buffer(k->y, NULL, NULL);
  run_tiles(k, forms, true, k->sums + 2 * sums, 0, k->rows, NULL);

  ck_halves_strips second = forms;
  second.minuend = b.b11;
  second.subtrahend = k->difference;
  second.subtrahend_panel = formed;
  second.next = (const char *)b.b21;
  second.end_count = 2;
  second.ends[0] = into_buffer(k->y, k->x, k->y);
  second.ends[1] = into_buffer(k->x, k->x, NULL);
  run_tiles(k, second, true, k->sums + sums, 0, k->rows, NULL);

  ck_halves_strips third = second;
  third.a_row = k->a_row;
  third.minuend = b.b21;
  third.next = (const char *)b.b22;
  third.end_count = 1;
  third.ends[0] = into_c(k, c21, k->y);
  run_tiles(k, third, true, k->a22, 0, k->paired, &c21);

  reads.a_row = k->sums_row;
  reads.b = b.b22;
  reads.next = (const char *)(b.b22 + b.next);
  reads.ends[0] = into_buffer(k->x, k->x, NULL);
  run_tiles(k, reads, false, k->sums + 3 * sums, 0, k->rows, NULL);

  forms.minuend = b.b12;
  forms.subtrahend = b.b11;
  forms.next = (const char *)(b.b11 + b.next);
  forms.end_count = 2;
  forms.ends[0] = into_c(k, right[0], k->x);
  forms.ends[1] = into_c(k, right[1], k->y);
  run_tiles(k, forms, true, k->sums, 0, k->paired, right);
  if (k->paired < k->rows) {
    forms.end_count = 1;
    run_tiles(k, forms, false, k->sums, k->paired, k->rows - k->paired, right);
  }
}

/// The sums of a pass over k. Rows of a are read where they lie, or copied where they would fall on one set of the
/// first cache.
static void sum_rows(block *k, float *sums) {
  const halves *h = k->h;
  int64_t lda = h->p->g.lda;
  const float *a = h->p->a + k->row * lda + k->first;
  bool copies = 2 * lda % ck_aliasing == 0;
  for (int64_t i = 0; i < k->rows; i++) {
    const float *upper = a + 2 * i * lda, *lower = upper + lda;
    bool paired = i < k->paired;
    ck_dispatch()->halves_sums(sums + i * k->sums_row, k->sums_block, upper, upper + h->half, paired ? lower : zeros,
                               paired ? lower + h->half : zeros, k->k, copies);
  }
  k->sums = sums;
  k->a_row = copies ? k->sums_row : 2 * lda;
  k->a11 = copies ? sums + 4 * k->sums_block : a;
  k->a12 = copies ? sums + 5 * k->sums_block : a + h->half;
  k->a22 = copies ? sums + 6 * k->sums_block : a + lda + h->half;
}

static void run(void *context, int64_t task, int slot) {
  (void)slot;
  const halves *h = context;
  const ck_gemm *g = &h->p->g;
  float sums[7 * most_sums], difference[group * most_depth], x[most_rows * group], y[most_rows * group];
  float packed[4 * group * most_depth];
  int64_t index = task / h->across % h->blocks, first = task / h->across / h->blocks * h->rows, part = task % h->across;
  int64_t begin = h->groups * part / h->across * group, end = h->groups * (part + 1) / h->across * group;
  block k = {.h = h, .difference = difference, .x = x, .y = y, .packed = packed, .sums_row = h->depth + spacing};
  int64_t above = h->upper * index / h->blocks;
  k.row = first + 2 * above;
  k.rows = h->upper * (index + 1) / h->blocks - above;
  k.paired = ck_min_i64(k.rows, h->rows / 2 - above);
  k.sums_block = k.rows * k.sums_row;
  for (k.first = 0; k.first < h->half; k.first += h->depth) {
    k.k = ck_min_i64(h->depth, h->half - k.first);
    k.ends = k.first + k.k == h->half;
    sum_rows(&k, sums);
    int64_t back = k.ends ? -k.first * CK_GEMM_PANEL : k.k * CK_GEMM_PANEL;
    for (int64_t j = begin; j < end; j += group)
      run_group(&k, j, j + group < end ? group * g->k : back - (j - begin) * g->k);
  }
  if (end == h->left)
    ck_product_run(h->p, k.row, k.rows + k.paired, 2 * h->left, g->n - 2 * h->left);
}

void ck_product_by_halves(const ck_product *p) {
  const ck_gemm *g = &p->g;
  int64_t strip = g->strassen_rows % 2 == 0 ? g->m : g->strassen_rows;
  halves h = {.p = p,
              .pairs = *p,
              .rows = strip,
              .upper = ck_ceil_div(strip, 2),
              .left = g->n / (2 * group) * group,
              .half = g->k / 2};
  h.pairs.g.ldc *= 2;
  h.depth = ck_ceil_div(ck_ceil_div(h.half, ck_ceil_div(h.half, most_depth)), spacing) * spacing;
  // Blocks of rows as large as the second cache allows, in equal numbers for all threads where they stay large enough.
  h.blocks = ck_ceil_div(h.upper, ck_min_i64(most_rows, most_sums / (h.depth + spacing)));
  int64_t even = ck_ceil_div(h.blocks, ck_threads()) * ck_threads();
  if (h.upper / even >= fewest_rows)
    h.blocks = even;
  h.groups = h.left / group;
  int64_t most = ck_max_i64(1, h.left / least_task_columns), strips = g->m / strip;
  h.across = ck_max_i64(1, ck_min_i64(most, ck_ceil_div(tasks_per_thread * ck_threads(), strips * h.blocks)));
  while (h.across < most && strips * h.blocks * h.across % ck_threads() != 0)
    h.across++;
  ck_parallel(strips * h.blocks * h.across, g->m * g->n * (g->k / 8), run, &h);
}
