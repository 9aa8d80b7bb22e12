/// Reading and writing at indices. Index types are CK_I64 and CK_I32.
///
/// A negative index counts from the end. Indices that are out of range are clamped, so that nothing outside the tensors
/// is touched; who must refuse them asks `ck_indices_out_of_range` first.
#ifndef CK_GATHER_H
#define CK_GATHER_H

#include "ck/types.h"

/// The position of the first index that is not in [−limit, limit), or −1 when all are.
int64_t ck_indices_out_of_range(const void *indices, ck_type index_type, int64_t n, int64_t limit);

/// The same for index tuples [n, depth] into dimensions `dims` [depth]: the position in the flat array, or −1.
int64_t ck_index_tuples_out_of_range(const void *indices, ck_type index_type, int64_t n, int depth,
                                     const int64_t *dims);

/// out [outer, count, inner] = x [outer, axis, inner] at indices [count]. Elements are 1, 2, 4 or 8 bytes.
void ck_gather(void *out, const void *x, const void *indices, ck_type index_type, int64_t outer, int64_t axis,
               int64_t count, int64_t inner, int element_size);

/// dx [outer, axis, inner] = sum of dy [outer, count, inner] over the rows that were read; rows never read become 0.
/// Additions happen in the order of the indices.
void ck_gather_gradient_f32(float *dx, const float *dy, const void *indices, ck_type index_type, int64_t outer,
                            int64_t axis, int64_t count, int64_t inner);

/// out [batches, count, inner] = x [batches, dims…, inner] at index tuples [batches, count, depth];
/// `dims` [depth], depth ≤ CK_MAX_RANK.
void ck_gather_nd(void *out, const void *x, const void *indices, ck_type index_type, int64_t batches, int64_t count,
                  int depth, const int64_t *dims, int64_t inner, int element_size);

/// dx [batches, dims…, inner] = sum of dy [batches, count, inner] at the tuples that were read; 0 elsewhere.
void ck_gather_nd_gradient_f32(float *dx, const float *dy, const void *indices, ck_type index_type, int64_t batches,
                               int64_t count, int depth, const int64_t *dims, int64_t inner);

/// out [dims…, inner] = x, with updates [count, inner] written at index tuples [count, depth]; the last of equal tuples
/// stays. out may be x.
void ck_scatter_nd(void *out, const void *x, const void *indices, ck_type index_type, const void *updates,
                   int64_t count, int depth, const int64_t *dims, int64_t inner, int element_size);

/// The same with the updates added, in their order.
void ck_scatter_nd_add_f32(float *out, const float *x, const void *indices, ck_type index_type, const float *updates,
                           int64_t count, int depth, const int64_t *dims, int64_t inner);
void ck_scatter_nd_add_i64(int64_t *out, const int64_t *x, const void *indices, ck_type index_type,
                           const int64_t *updates, int64_t count, int depth, const int64_t *dims, int64_t inner);

#endif
