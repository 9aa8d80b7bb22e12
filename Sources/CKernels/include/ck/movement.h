/// Kernels that move elements without looking at them. Elements are 1, 2, 4 or 8 bytes.
#ifndef CK_MOVEMENT_H
#define CK_MOVEMENT_H

#include "ck/types.h"

/// A copy from one strided view to another of the same dimensions. Strides count elements and may be 0 (in the input)
/// or negative; the pointers given to the kernel are those of the views' first elements.
typedef struct ck_strided {
  int32_t rank;
  int64_t count;
  int64_t dims[CK_MAX_RANK];
  int64_t out_strides[CK_MAX_RANK];
  int64_t in_strides[CK_MAX_RANK];
} ck_strided;

/// Plans a strided copy: slice, split, concat, expand, pad and their gradients. Merges dimensions that can be walked as
/// one and puts them in the output's order.
void ck_strided_make(ck_strided *out, int rank, const int64_t *dims, const int64_t *out_strides,
                     const int64_t *in_strides);

/// Plans a transposition: output dimension i is input dimension permutation[i]; both are dense.
void ck_transpose_make(ck_strided *out, int rank, const int64_t *in_dims, const int *permutation);

/// out[view] = in[view]. Input and output must not overlap.
void ck_copy_strided(void *out, const void *in, const ck_strided *plan, int element_size);

/// out[view] += in[view]. No two elements of the output view may share memory.
void ck_add_strided_f32(float *out, const float *in, const ck_strided *plan);

/// Copies `n` elements; out may be in.
void ck_copy(void *out, const void *in, int64_t n, int element_size);

/// out[i] = *value.
void ck_fill(void *out, const void *value, int64_t n, int element_size);

/// out[i] = start + i · delta, i < n.
void ck_range_f32(float *out, int64_t n, float start, float delta);
void ck_range_i64(int64_t *out, int64_t n, int64_t start, int64_t delta);
void ck_range_i32(int32_t *out, int64_t n, int32_t start, int32_t delta);

#endif
