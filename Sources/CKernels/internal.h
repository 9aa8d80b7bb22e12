/// What the kernel files share: parallel loops, and the table of functions compiled once per instruction set.
#ifndef CK_INTERNAL_H
#define CK_INTERNAL_H

#include "CKernels.h"
#include <stddef.h>

static inline int64_t ck_min_i64(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t ck_max_i64(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t ck_ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Element i of integer indices.
static inline int64_t ck_raw_index(const void *indices, ck_type type, int64_t i) {
  return type == CK_I32 ? ((const int32_t *)indices)[i] : ((const int64_t *)indices)[i];
}

/// The index with negatives counted from the end, clamped into [0, limit).
static inline int64_t ck_index_at(const void *indices, ck_type type, int64_t i, int64_t limit) {
  int64_t index = ck_raw_index(indices, type, i);
  if (index < 0)
    index = index < -limit ? 0 : index + limit;
  return index >= limit ? limit - 1 : index;
}

/// One task of a parallel loop. `slot` is below ck_threads(), and no two tasks that run at once share one.
typedef void ck_task(void *context, int64_t task, int slot);

/// Runs `tasks` tasks. `cost` is roughly the number of element operations of all of them: small work stays on this
/// thread.
void ck_parallel(int64_t tasks, int64_t cost, ck_task *run, void *context);

/// A stretch of an element-wise loop.
typedef void ck_range(void *context, int64_t begin, int64_t end);

/// Runs [0, n) in chunks of fixed size; `cost` is that of one index.
void ck_parallel_range(int64_t n, int64_t cost, ck_range *run, void *context);

/// One run of a broadcast: `n` outputs from `out` on, and where the operands start.
typedef void ck_broadcast_row(const void *context, int64_t out, const int64_t *operands, int64_t n);

/// Calls `row` for every innermost run of the plan, in parallel over chunks.
void ck_broadcast_run(const ck_broadcast *plan, int64_t cost, ck_broadcast_row *row, const void *context);

typedef struct ck_adamw_step {
  float decay, beta1, beta1_complement, beta2, beta2_complement, rate, inverse_root_correction, epsilon;
} ck_adamw_step;

/// Elements [begin, end) of one channel of x [batch, channels, plane], counted over all images: in each image `plane`
/// neighbours, images `stride` elements apart.
typedef struct ck_stretch {
  int64_t plane, stride, begin, end;
} ck_stretch;

/// Rows of attention that are worked on together, at most CK_GEMM_MOST_ROWS: x [rows, columns] = softmax(scale · x +
/// mask) over the first `visible` elements of the first row, and `step` more in every further one; zeros follow, up to
/// `columns`, a multiple of 16. No elements are visible where that number is negative. Rows of the mask lie mask_row
/// apart; the mask may be null, and so may log_sum_exp [rows]. With `guarded`, weights that are no numbers become 0.
typedef struct ck_attention_rows {
  int64_t rows, columns, visible, step;
  float scale;
  bool guarded;
  const float *mask;
  int64_t mask_row;
  float *log_sum_exp;
} ck_attention_rows;

/// Columns of a panel: matrices on the right of a product are read in strips of this width.
enum { CK_GEMM_PANEL = 16 };

/// Where a tile of a product reads: a's element (i, p) lies at i · a_row + p · a_step, b's run of CK_GEMM_PANEL
/// elements of row p and panel q at q · b_panel + p · b_step, p < k. Meanwhile the bytes from `next` on are called into
/// the cache, next_step for each p, in as many panels. `bias` is of the tile's columns, null for none.
typedef struct ck_gemm_strips {
  int64_t k, a_row, a_step, b_panel, b_step;
  const char *next;
  int64_t next_step;
  const float *bias;
} ck_gemm_strips;

/// c = from + a · b + bias, for one tile; `from` is laid out as c is, and null for zeros.
typedef void ck_gemm_tile(float *c, int64_t ldc, const ck_gemm_strips *s, const float *a, const float *b,
                          const float *from);

enum { CK_GEMM_MOST_PANELS = 4, CK_GEMM_MOST_ROWS = 12 };

/// Where the sums of a product of halves go: c = sums + first + second + bias, rows c_row, first_row and second_row
/// apart.
typedef struct ck_halves_end {
  float *c;
  const float *first, *second, *bias;
  int64_t c_row, first_row, second_row;
} ck_halves_end;

/// A product of halves: a's element (i, p) lies at i · a_row + p; b's panels lie b_panel apart. They are read at b; or
/// they are minuend − subtrahend, whose panels lie as far apart as is said, and are written to `difference`. Bytes are
/// called from `next` on as in `ck_gemm_strips`, panels next_panel elements apart. `ends` are dealt with in their
/// order.
typedef struct ck_halves_strips {
  int64_t k, a_row, b_panel;
  const float *b, *minuend, *subtrahend;
  int64_t minuend_panel, subtrahend_panel;
  float *difference;
  const char *next;
  int64_t next_step, next_panel;
  int end_count;
  ck_halves_end ends[2];
} ck_halves_strips;

/// One tile of it: rows from a on, which are the first of the ends.
typedef void ck_halves_tile(const ck_halves_strips *s, const float *a);

/// Tiles of `panels` panels by rows, which read b and which form it.
typedef struct ck_halves_tiles {
  ck_halves_tile *reads[CK_GEMM_MOST_ROWS + 1], *forms[CK_GEMM_MOST_ROWS + 1];
  int rows, panels;
} ck_halves_tiles;

/// Tiles by panels and rows; `rows` is how many there are, 0 where the registers do not suffice.
typedef struct ck_gemm_tiles {
  ck_gemm_tile *run[CK_GEMM_MOST_PANELS + 1][CK_GEMM_MOST_ROWS + 1];
  int rows[CK_GEMM_MOST_PANELS + 1];
} ck_gemm_tiles;

/// Tiles that are transformed together.
enum { CK_WINOGRAD_TILES = 64 };

/// Neighbouring tiles of 4 × 4 outputs in one row of one image: `tiles` of them, the first of which is number `tile` of
/// those that are transformed together, and has its first output at (y, x).
typedef struct ck_winograd_run {
  int64_t image, y, x, tile, tiles;
} ck_winograd_run;

/// A number at any address.
typedef float ck_loose_f32 __attribute__((aligned(1)));

/// Functions that exist once per instruction set. They work on one stretch, on the calling thread.
typedef struct ck_kernels {
  const char *name;
  void (*binary_f32)(ck_binary_op op, float *out, const float *a, int64_t a_stride, const float *b, int64_t b_stride,
                     int64_t n);
  void (*unary_f32)(ck_unary_op op, float *y, const float *x, int64_t n);
  void (*unary_gradient_f32)(ck_unary_op op, float *dx, const float *dy, const float *input, int64_t n);
  /// The reduction of a contiguous run; sums are of squares for CK_REDUCE_L2 and CK_REDUCE_SUM_SQUARE.
  double (*reduce_run_f32)(ck_reduce_op op, const float *x, int64_t n);
  /// accumulator[j] = accumulator[j] ∘ x[j].
  void (*reduce_row_f32)(ck_reduce_op op, float *accumulator, const float *x, int64_t n);
  void (*softmax_row)(float *y, const float *x, int64_t n);
  void (*softmax_gradient_row)(float *dx, const float *dy, const float *y, int64_t n);
  /// Returns log Σ exp x, or −∞ or NaN as the sum says; writes y = x − that when y is given.
  float (*log_softmax_row)(float *y, const float *x, int64_t n);
  void (*log_softmax_gradient_row)(float *dx, const float *dy, const float *y, int64_t n);
  /// Σ log(1 + exp x).
  float (*softplus_sum)(const float *x, int64_t n);
  /// One softmax per column of x [n, columns], columns ≤ CK_SOFTMAX_COLUMNS, rows `stride` apart.
  void (*softmax_columns)(float *y, const float *x, int64_t n, int64_t stride, int64_t columns, bool logarithm);
  void (*softmax_gradient_columns)(float *dx, const float *dy, const float *y, int64_t n, int64_t stride,
                                   int64_t columns, bool logarithm);
  /// Rows of products q · k become weights.
  void (*attention_weights)(float *x, const ck_attention_rows *s);
  /// p = exp(s + mask − lse).
  void (*attention_probabilities)(float *p, const float *s, const float *mask, float lse, int64_t n);
  /// ds = p · (dp − delta) · scale.
  void (*attention_gradient_row)(float *ds, const float *p, const float *dp, float delta, float scale, int64_t n);
  float (*dot_f32)(const float *a, const float *b, int64_t n);
  void (*layer_normalization_statistics)(float *mean, float *inverse_deviation, const float *x, int64_t width,
                                         float epsilon);
  void (*layer_normalization_row)(float *y, const float *x, const float *scale, const float *bias, float mean,
                                  float inverse_deviation, int64_t width);
  /// Adds this row's share to dscale and dbias; each output may be null.
  void (*layer_normalization_gradient_row)(float *dx, float *dscale, float *dbias, const float *dy, const float *x,
                                           const float *scale, float mean, float inverse_deviation, int64_t width);
  /// The mean of a stretch, and Σ (x − mean)².
  void (*batch_normalization_moments)(double *mean, double *squares, const float *x, const ck_stretch *s);
  /// Σ dy and Σ dy · (x − mean).
  void (*batch_normalization_products)(double *sum, double *products, const float *dy, const float *x, float mean,
                                       const ck_stretch *s);
  /// y = (x − mean) · factor + bias.
  void (*batch_normalization_apply)(float *y, const float *x, float mean, float factor, float bias,
                                    const ck_stretch *s);
  /// dx = factor · (dy − first − (x − mean) · second).
  void (*batch_normalization_gradient)(float *dx, const float *dy, const float *x, float mean, float factor,
                                       float first, float second, const ck_stretch *s);
  /// dx = factor · dy.
  void (*batch_normalization_scale)(float *dx, const float *dy, float factor, const ck_stretch *s);
  const ck_gemm_tiles *gemm_tiles;
  const ck_halves_tiles *halves_tiles;
  /// The sums of quarters of a that Winograd's form multiplies, `block` elements apart: a21 + a22, that − a11, a21 −
  /// a11, a12 − the second; and with `copies` a11, a12 and a22 behind them.
  void (*halves_sums)(float *sums, int64_t block, const float *a11, const float *a12, const float *a21,
                      const float *a22, int64_t n, bool copies);
  /// t = alpha · c + bias; pre_activation = t; c = activation(t) + residual, for one tile; all of them ldc apart.
  void (*gemm_end_tile)(float *c, int64_t ldc, int64_t rows, int64_t columns, float alpha, const ck_epilogue *end);
  /// to [columns, rows] = from [rows, columns] transposed; rows lie to_row and from_row apart.
  void (*transpose)(float *to, int64_t to_row, const ck_loose_f32 *from, int64_t from_row, int64_t rows,
                    int64_t columns);
  /// y[i] = the mean of elements 2 · i and 2 · i + 1 of both rows.
  void (*average_pairs)(float *y, const float *first, const float *second, int64_t n);
  /// y = relu(sums + bias + residual); without a residual where it is null, without ReLU where `relu` is false.
  void (*conv2d_row)(float *y, const float *sums, float bias, const float *residual, bool relu, int64_t n);
  /// The transform of the runs' tiles of one channel: element (i, j) of tile t lies at v + (6 · i + j) · point +
  /// t / 16 · panel + t % 16. `x` is the channel in image 0. Behind the last tile its panel is filled.
  void (*winograd_input)(float *v, int64_t point, int64_t panel, const float *x, const ck_conv2d *s,
                         const ck_winograd_run *runs, int64_t count);
  /// rows [4, 4 · CK_WINOGRAD_TILES]: outputs of tiles [0, tiles), rounded up to 16, from their transform m, whose
  /// elements lie `point` apart.
  void (*winograd_output)(float *rows, const float *m, int64_t point, int64_t tiles);
  /// For the weights' gradient, CK_GEMM_PANEL channels of one tile side by side, its rows of pixels `row` apart: the
  /// transform of inputs 6 × 6, that of outputs' gradients 4 × 4, and from sums of products dw [9, CK_GEMM_PANEL]. What
  /// is transformed lies `point` apart.
  void (*winograd_tile_input)(float *v, int64_t point, const float *x, int64_t row);
  void (*winograd_tile_output_gradient)(float *u, int64_t point, const float *dy, int64_t row);
  void (*winograd_weight_gradient)(float *dw, const float *m, int64_t point);
  void (*adamw)(float *p_out, float *m_out, float *v_out, const float *p, const float *g, const float *m,
                const float *v, int64_t n, const ck_adamw_step *s);
  /// Rows of the largest tile of `integer_tile`.
  int64_t integer_rows;
  /// c [rows, columns] = a · b for one panel of b: pairs of 16-bit integers, sums that wrap at 32 bits.
  void (*integer_tile)(int32_t *c, int64_t ldc, const int16_t *a, int64_t lda, const int16_t *b, int64_t pairs,
                       int64_t rows, int64_t columns);
  int64_t (*multiply_add_chains)(float *sink, int64_t rounds);
} ck_kernels;

enum { CK_SOFTMAX_COLUMNS = 64 };

extern const ck_kernels ck_kernels__plain;
#if defined(__x86_64__)
extern const ck_kernels ck_kernels__avx2;
extern const ck_kernels ck_kernels__avx512;
#endif

/// The table in force.
const ck_kernels *ck_dispatch(void);

#endif
