/// Reductions over axes.
#ifndef CK_REDUCE_H
#define CK_REDUCE_H

#include "ck/types.h"

typedef enum ck_reduce_op {
  CK_REDUCE_SUM,
  CK_REDUCE_MEAN,
  CK_REDUCE_MAX,
  CK_REDUCE_MIN,
  CK_REDUCE_PROD,
  CK_REDUCE_L2,
  CK_REDUCE_SUM_SQUARE
} ck_reduce_op;

/// What is reduced, made once by `ck_reduction_make`: outer kept dimensions, outer reduced dimensions, and the
/// innermost run of `inner` elements, which is either kept or reduced.
typedef struct ck_reduction {
  int32_t kept_rank, reduced_rank;
  int64_t kept_dims[CK_MAX_RANK], kept_strides[CK_MAX_RANK];
  int64_t reduced_dims[CK_MAX_RANK], reduced_strides[CK_MAX_RANK];
  int64_t inner;
  bool inner_reduced;
  int64_t kept, reduced;
  int64_t segments;
} ck_reduction;

/// Plans the reduction of a dense tensor `dims` [rank] over the axes whose bits are set in `axes`.
void ck_reduction_make(ck_reduction *out, int rank, const int64_t *dims, uint32_t axes);

/// Bytes of scratch for `ck_reduce_f32`, `ck_reduce_i64` and `ck_reduce_i32`.
int64_t ck_reduce_scratch(const ck_reduction *plan);

/// out [kept dimensions] = the reduction of x. Sums over long runs are carried in double precision. An empty reduction
/// gives the neutral element (0, 1, ∓∞; the mean gives NaN).
void ck_reduce_f32(ck_reduce_op op, float *out, const float *x, const ck_reduction *plan, void *scratch);

/// The same on integers, wrapping. The mean truncates; CK_REDUCE_L2 is rounded down.
void ck_reduce_i64(ck_reduce_op op, int64_t *out, const int64_t *x, const ck_reduction *plan, void *scratch);
void ck_reduce_i32(ck_reduce_op op, int32_t *out, const int32_t *x, const ck_reduction *plan, void *scratch);

/// out [outer, inner] = position of the largest element along the middle axis of x [outer, n, inner]: the first of
/// equals, or the last. NaN counts as largest. n must be at least 1.
void ck_argmax_f32(int64_t *out, const float *x, int64_t outer, int64_t n, int64_t inner, bool last);
void ck_argmax_i64(int64_t *out, const int64_t *x, int64_t outer, int64_t n, int64_t inner, bool last);
void ck_argmax_i32(int64_t *out, const int32_t *x, int64_t outer, int64_t n, int64_t inner, bool last);

#endif
