/// Reading and writing single elements at indices along an axis. Index types and ranges are those of `ck/gather.h`.
#ifndef CK_GATHER_ELEMENTS_H
#define CK_GATHER_ELEMENTS_H

#include "ck/types.h"

/// Where elements lie: `dims` are those of the indices, `strides` those of the tensor that the indices point into, with
/// `extent` elements `stride` apart along the axis (whose entry in `strides` is 0).
typedef struct ck_elements {
  int32_t rank;
  int64_t count, extent, stride;
  int64_t dims[CK_MAX_RANK];
  int64_t strides[CK_MAX_RANK];
} ck_elements;

/// out [dims] = x at the position of each index, but at the index along the axis. Elements are 1, 2, 4 or 8 bytes.
void ck_gather_elements(void *out, const void *x, const void *indices, ck_type index_type, const ck_elements *plan,
                        int element_size);

/// How an update meets what is there.
typedef enum ck_scatter_op { CK_SCATTER_ADD, CK_SCATTER_MUL, CK_SCATTER_MIN, CK_SCATTER_MAX } ck_scatter_op;

/// out at the place of each index = its update, in their order. `out` holds the tensor already.
void ck_scatter_elements(void *out, const void *indices, ck_type index_type, const void *updates,
                         const ck_elements *plan, int element_size);

/// out at the place of each index = what is there ∘ its update, in their order.
void ck_scatter_elements_f32(ck_scatter_op op, float *out, const void *indices, ck_type index_type,
                             const float *updates, const ck_elements *plan);
void ck_scatter_elements_i64(ck_scatter_op op, int64_t *out, const void *indices, ck_type index_type,
                             const int64_t *updates, const ck_elements *plan);

#endif
