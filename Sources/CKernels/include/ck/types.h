/// Element types and broadcasting plans.
#ifndef CK_TYPES_H
#define CK_TYPES_H

#include <stdbool.h>
#include <stdint.h>

/// The highest rank that plans take.
enum { CK_MAX_RANK = 8 };

/// Element types. Booleans are bytes, 0 or 1.
typedef enum ck_type {
  CK_F32,
  CK_F64,
  CK_F16,
  CK_BF16,
  CK_I64,
  CK_I32,
  CK_U8,
  CK_I8,
  CK_BOOL,
  CK_I16,
  CK_U16,
  CK_U32,
  CK_U64
} ck_type;

/// How up to three operands are read while a dense output is written: made once, by `ck_broadcast_make`.
/// Dimensions that can be walked as one are merged, so that most plans end up with rank 1 or 2.
typedef struct ck_broadcast {
  int32_t rank;
  int64_t count;
  int64_t dims[CK_MAX_RANK];
  int64_t strides[3][CK_MAX_RANK];
} ck_broadcast;

/// Plans a two-operand broadcast. `out_dims` [rank] is the output's shape; the strides count elements and are 0 along
/// dimensions that the operand repeats. Needs rank ≤ CK_MAX_RANK; rank 0 is a scalar.
void ck_broadcast_make(ck_broadcast *out, int rank, const int64_t *out_dims, const int64_t *a_strides,
                       const int64_t *b_strides);

/// Plans a three-operand broadcast, for `ck_where`.
void ck_broadcast_make3(ck_broadcast *out, int rank, const int64_t *out_dims, const int64_t *a_strides,
                        const int64_t *b_strides, const int64_t *c_strides);

#endif
