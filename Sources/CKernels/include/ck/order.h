/// Kernels that depend on the order of elements along an axis: the largest ones, and running sums.
#ifndef CK_ORDER_H
#define CK_ORDER_H

#include "ck/types.h"

/// Bytes of scratch for `ck_top_k_…`, when the calling thread's ck_threads() is at most `threads`.
int64_t ck_top_k_scratch(int64_t k, int threads);

/// values and indices [outer, k, inner] = the k largest (or smallest) elements along the middle axis of
/// x [outer, n, inner] and their positions, best first; of equals the first comes first. NaN is larger than every
/// number. k must be at most n. `values` may be null.
void ck_top_k_f32(float *values, int64_t *indices, const float *x, int64_t outer, int64_t n, int64_t inner, int64_t k,
                  bool largest, void *scratch);
void ck_top_k_i64(int64_t *values, int64_t *indices, const int64_t *x, int64_t outer, int64_t n, int64_t inner,
                  int64_t k, bool largest, void *scratch);

/// y [outer, n, inner] = sums of x along the middle axis up to each position: with it, or without (`exclusive`); from
/// the end where `reverse`. Sums of floats are carried in double precision, those of integers wrap. y may be x unless
/// `exclusive`.
void ck_cumulative_sum_f32(float *y, const float *x, int64_t outer, int64_t n, int64_t inner, bool exclusive,
                           bool reverse);
void ck_cumulative_sum_i64(int64_t *y, const int64_t *x, int64_t outer, int64_t n, int64_t inner, bool exclusive,
                           bool reverse);

#endif
