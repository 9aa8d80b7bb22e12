/// Element-wise kernels of two operands, with broadcasting, and the choice between two.
///
/// The output may be the same memory as an operand that has the output's shape.
#ifndef CK_BINARY_H
#define CK_BINARY_H

#include "ck/types.h"

/// CK_MOD takes the divisor's sign (as Python), CK_FMOD the dividend's (as C). CK_MIN and CK_MAX hand NaN on.
typedef enum ck_binary_op { CK_ADD, CK_SUB, CK_MUL, CK_DIV, CK_POW, CK_MIN, CK_MAX, CK_MOD, CK_FMOD } ck_binary_op;

/// out = a ∘ b.
void ck_binary_f32(ck_binary_op op, float *out, const float *a, const float *b, const ck_broadcast *plan);

/// out = a ∘ b; overflow wraps, division truncates towards zero, x / 0 and x mod 0 are 0, powers of negative exponents
/// are rounded towards zero.
void ck_binary_i64(ck_binary_op op, int64_t *out, const int64_t *a, const int64_t *b, const ck_broadcast *plan);
void ck_binary_i32(ck_binary_op op, int32_t *out, const int32_t *a, const int32_t *b, const ck_broadcast *plan);
void ck_binary_u64(ck_binary_op op, uint64_t *out, const uint64_t *a, const uint64_t *b, const ck_broadcast *plan);

typedef enum ck_compare_op { CK_EQUAL, CK_LESS, CK_LESS_OR_EQUAL, CK_GREATER, CK_GREATER_OR_EQUAL } ck_compare_op;

/// out = a ∘ b as 0 or 1; comparisons with NaN are 0.
void ck_compare_f32(ck_compare_op op, uint8_t *out, const float *a, const float *b, const ck_broadcast *plan);
void ck_compare_i64(ck_compare_op op, uint8_t *out, const int64_t *a, const int64_t *b, const ck_broadcast *plan);
void ck_compare_i32(ck_compare_op op, uint8_t *out, const int32_t *a, const int32_t *b, const ck_broadcast *plan);
void ck_compare_u64(ck_compare_op op, uint8_t *out, const uint64_t *a, const uint64_t *b, const ck_broadcast *plan);
void ck_compare_u8(ck_compare_op op, uint8_t *out, const uint8_t *a, const uint8_t *b, const ck_broadcast *plan);

typedef enum ck_logical_op { CK_AND, CK_OR, CK_XOR } ck_logical_op;

/// out = a ∘ b on booleans; every non-zero byte counts as true.
void ck_logical(ck_logical_op op, uint8_t *out, const uint8_t *a, const uint8_t *b, const ck_broadcast *plan);

/// out = condition ? a : b for elements of 1, 2, 4 or 8 bytes; the plan's operands are condition, a, b.
void ck_where(void *out, const uint8_t *condition, const void *a, const void *b, const ck_broadcast *plan,
              int element_size);

#endif
