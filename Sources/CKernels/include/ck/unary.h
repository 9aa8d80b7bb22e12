/// Element-wise kernels of one operand and their gradients. The output may be the same memory as an input.
#ifndef CK_UNARY_H
#define CK_UNARY_H

#include "ck/types.h"

/// GELU (Hendrycks and Gimpel 2016): x · Φ(x) = x/2 · (1 + erf(x/√2)); its tanh form
/// x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))); quick GELU: x · σ(1.702 x).
/// CK_ROUND rounds to nearest even. CK_COS, CK_SIN, and those from CK_TAN on are rounded from double precision.
typedef enum ck_unary_op {
  CK_NEG,
  CK_ABS,
  CK_EXP,
  CK_LOG,
  CK_SQRT,
  CK_RECIPROCAL,
  CK_ERF,
  CK_SIGMOID,
  CK_TANH,
  CK_RELU,
  CK_GELU,
  CK_GELU_TANH,
  CK_QUICK_GELU,
  CK_COS,
  CK_SIN,
  CK_FLOOR,
  CK_CEIL,
  CK_SQUARE,
  CK_ROUND,
  CK_SIGN,
  CK_TAN,
  CK_ASIN,
  CK_ACOS,
  CK_ATAN,
  CK_SINH,
  CK_COSH,
  CK_ASINH,
  CK_ACOSH,
  CK_ATANH,
  CK_LOG1P
} ck_unary_op;

/// y[i] = f(x[i]), i < n.
void ck_unary_f32(ck_unary_op op, float *y, const float *x, int64_t n);

/// dx[i] = dy[i] · f′, where `input` is x for CK_GELU, CK_GELU_TANH and CK_QUICK_GELU, y for CK_SIGMOID and CK_TANH,
/// and either of them for CK_RELU. Other operations have no kernel of their own: dx is then filled with zeros.
void ck_unary_gradient_f32(ck_unary_op op, float *dx, const float *dy, const float *input, int64_t n);

/// CK_NEG, CK_ABS, CK_SIGN, CK_RELU and CK_SQUARE on integers (wrapping); other operations copy.
void ck_unary_i64(ck_unary_op op, int64_t *y, const int64_t *x, int64_t n);
void ck_unary_i32(ck_unary_op op, int32_t *y, const int32_t *x, int64_t n);

/// y[i] = !x[i].
void ck_not(uint8_t *y, const uint8_t *x, int64_t n);

/// y[i] = x[i] is NaN.
void ck_is_nan_f32(uint8_t *y, const float *x, int64_t n);

/// y[i] = min(max(x[i], low), high); NaN stays NaN.
void ck_clip_f32(float *y, const float *x, int64_t n, float low, float high);
void ck_clip_i64(int64_t *y, const int64_t *x, int64_t n, int64_t low, int64_t high);
void ck_clip_i32(int32_t *y, const int32_t *x, int64_t n, int32_t low, int32_t high);

#endif
