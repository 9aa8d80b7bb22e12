/// Matrix products with a fused end.
#ifndef CK_GEMM_H
#define CK_GEMM_H

#include "ck/types.h"

typedef enum ck_activation {
  CK_ACTIVATION_NONE,
  CK_ACTIVATION_GELU,
  CK_ACTIVATION_GELU_TANH,
  CK_ACTIVATION_QUICK_GELU,
  CK_ACTIVATION_RELU
} ck_activation;

/// What happens to each element of the product while it is in the cache:
///
///     t = product + bias;   pre_activation = t;   c = activation(t) + residual
///
/// Null pointers leave their part out. `bias` [n] is added to every row. `residual` and `pre_activation` are laid out
/// as c is (ldc, batch strides). `residual` may be c itself when there is no activation and no pre_activation; an
/// epilogue with a residual asks for beta = 0.
typedef struct ck_epilogue {
  const float *bias;
  ck_activation activation;
  const float *residual;
  float *pre_activation;
} ck_epilogue;

/// Sizes of c [m, n] = alpha · op(a) [m, k] · op(b) [k, n] + beta · c, all row-major with leading dimensions (elements
/// from one stored row to the next). Each element is a chain of fused multiply-adds over k
/// that starts from beta / alpha · c, or from 0, unless `strassen_rows` is set. A transposed a is stored [k, m], a
/// transposed b [n, k]. With beta = 0, c is not read.
typedef struct ck_gemm {
  int64_t m, n, k;
  int64_t lda, ldb, ldc;
  bool transpose_a, transpose_b;
  float alpha, beta;
  /// b was packed by `ck_gemm_pack_f32`: ldb and transpose_b do not count.
  bool packed_b;
  /// Rows of a group; 0 for chains. Groups that are large enough (`ck_gemm_takes_strassen`) are computed by Strassen's
  /// method in Winograd's form, with 7 products of halves for 8, rows 2 i and 2 i + 1 of a group together. The error of
  /// an element is then bounded by the largest magnitudes in both rows of a and in two columns of b, not by those of
  /// its own row and column; and an infinity or NaN in either makes the elements NaN that it meets in any of the 7
  /// products. A group's numbers depend neither on other groups nor on threads, instruction set or packing.
  int64_t strassen_rows;
} ck_gemm;

/// Whether `strassen_rows` makes a difference to a single product of these sizes.
bool ck_gemm_takes_strassen(const ck_gemm *sizes);

/// One product. `epilogue` may be null. k = 0 gives a product of zeros.
void ck_gemm_f32(float *c, const float *a, const float *b, const ck_epilogue *epilogue, const ck_gemm *sizes);

/// Elements of a packed op(b) [k, n].
int64_t ck_gemm_packed_elements(int64_t k, int64_t n);

/// Lays op(b) [k, n] out as products read it fastest: panels of 16 columns, [⌈n / 16⌉, k, 16], with zeros behind the
/// last column. b may lie at any address.
void ck_gemm_pack_f32(float *packed, const void *b, int64_t k, int64_t n, int64_t ldb, bool transpose_b);

/// Batch dimensions of a batched product: element strides per batch dimension, 0 where an operand is shared.
typedef struct ck_gemm_batch {
  int32_t rank;
  int64_t dims[CK_MAX_RANK];
  int64_t c_strides[CK_MAX_RANK];
  int64_t a_strides[CK_MAX_RANK];
  int64_t b_strides[CK_MAX_RANK];
} ck_gemm_batch;

/// One product per element of the batch.
void ck_gemm_batched_f32(float *c, const float *a, const float *b, const ck_epilogue *epilogue, const ck_gemm *sizes,
                         const ck_gemm_batch *batch);

/// Products of integers, signed ones too: they wrap. Neither operand is transposed or packed; alpha and beta do not
/// count. `batch` may be null.
void ck_gemm_u32(uint32_t *c, const uint32_t *a, const uint32_t *b, const ck_gemm *sizes, const ck_gemm_batch *batch);
void ck_gemm_u64(uint64_t *c, const uint64_t *a, const uint64_t *b, const ck_gemm *sizes, const ck_gemm_batch *batch);

#endif
