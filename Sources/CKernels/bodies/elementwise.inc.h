/// Element-wise loops of one and two operands.

CK_INLINE float CK_VARIANT(floor_modulo)(float a, float b) {
  float r = fmodf(a, b);
  return r != 0.0f && (r < 0.0f) != (b < 0.0f) ? r + b : r;
}

/// In-place calls are why the vectoriser is told that iterations are independent.
#define CK_SIMD _Pragma("clang loop vectorize(assume_safety)")

/// The loop of one operation: contiguous operands and scalars have loops of their own.
#define CK_BINARY_LOOP(expression)                                                                                     \
  if (a_stride == 1 && b_stride == 1) {                                                                                \
    CK_SIMD for (int64_t i = 0; i < n; i++) {                                                                          \
      float l = a[i], r = b[i];                                                                                        \
      out[i] = (expression);                                                                                           \
    }                                                                                                                  \
  } else if (a_stride == 1 && b_stride == 0) {                                                                         \
    float r = b[0];                                                                                                    \
    CK_SIMD for (int64_t i = 0; i < n; i++) {                                                                          \
      float l = a[i];                                                                                                  \
      out[i] = (expression);                                                                                           \
    }                                                                                                                  \
  } else if (a_stride == 0 && b_stride == 1) {                                                                         \
    float l = a[0];                                                                                                    \
    CK_SIMD for (int64_t i = 0; i < n; i++) {                                                                          \
      float r = b[i];                                                                                                  \
      out[i] = (expression);                                                                                           \
    }                                                                                                                  \
  } else {                                                                                                             \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
      float l = a[i * a_stride], r = b[i * b_stride];                                                                  \
      out[i] = (expression);                                                                                           \
    }                                                                                                                  \
  }                                                                                                                    \
  return;

/// The loop of an operation that is a library call.
#define CK_BINARY_CALL(call)                                                                                           \
  for (int64_t i = 0; i < n; i++)                                                                                      \
    out[i] = call(a[i * a_stride], b[i * b_stride]);                                                                   \
  return;

static void CK_VARIANT(binary_f32)(ck_binary_op op, float *out, const float *a, int64_t a_stride, const float *b,
                                   int64_t b_stride, int64_t n) {
  if (op == CK_POW && b_stride == 0 && b[0] == 2.0f) {
    for (int64_t i = 0; i < n; i++)
      out[i] = a[i * a_stride] * a[i * a_stride];
    return;
  }
  if (op == CK_POW && b_stride == 0 && b[0] == 3.0f) {
    for (int64_t i = 0; i < n; i++)
      out[i] = a[i * a_stride] * a[i * a_stride] * a[i * a_stride];
    return;
  }
  switch (op) {
  case CK_ADD:
    CK_BINARY_LOOP(l + r)
  case CK_SUB:
    CK_BINARY_LOOP(l - r)
  case CK_MUL:
    CK_BINARY_LOOP(l * r)
  case CK_DIV:
    CK_BINARY_LOOP(l / r)
  case CK_POW:
    CK_BINARY_CALL(powf)
  case CK_MIN:
    CK_BINARY_LOOP(l < r || l != l ? l : r)
  case CK_MAX:
    CK_BINARY_LOOP(l > r || l != l ? l : r)
  case CK_MOD:
    CK_BINARY_CALL(CK_VARIANT(floor_modulo))
  case CK_FMOD:
    CK_BINARY_CALL(fmodf)
  }
}

#define CK_UNARY_LOOP(expression)                                                                                      \
  CK_SIMD for (int64_t i = 0; i < n; i++) {                                                                            \
    float v = x[i];                                                                                                    \
    y[i] = (expression);                                                                                               \
  }                                                                                                                    \
  return;

#define CK_UNARY_CALL(expression)                                                                                      \
  for (int64_t i = 0; i < n; i++)                                                                                      \
    y[i] = (expression);                                                                                               \
  return;

static void CK_VARIANT(unary_f32)(ck_unary_op op, float *y, const float *x, int64_t n) {
  switch (op) {
  case CK_NEG:
    CK_UNARY_LOOP(-v)
  case CK_ABS:
    CK_UNARY_LOOP(__builtin_fabsf(v))
  case CK_EXP:
    CK_UNARY_LOOP(CK_VARIANT(exp)(v))
  case CK_LOG:
    CK_UNARY_CALL(logf(x[i]))
  case CK_SQRT:
    CK_UNARY_LOOP(__builtin_sqrtf(v))
  case CK_RECIPROCAL:
    CK_UNARY_LOOP(1.0f / v)
  case CK_ERF:
    CK_UNARY_LOOP(CK_VARIANT(erf)(v))
  case CK_SIGMOID:
    CK_UNARY_LOOP(CK_VARIANT(sigmoid)(v))
  case CK_TANH:
    CK_UNARY_LOOP(CK_VARIANT(tanh)(v))
  case CK_RELU:
    CK_UNARY_LOOP(v < 0.0f ? 0.0f : v)
  case CK_GELU:
    CK_UNARY_LOOP(CK_VARIANT(gelu)(v))
  case CK_GELU_TANH:
    CK_UNARY_LOOP(CK_VARIANT(gelu_tanh)(v))
  case CK_QUICK_GELU:
    CK_UNARY_LOOP(CK_VARIANT(quick_gelu)(v))
  case CK_COS:
    CK_UNARY_CALL((float)cos((double)x[i]))
  case CK_SIN:
    CK_UNARY_CALL((float)sin((double)x[i]))
  case CK_FLOOR:
    CK_UNARY_LOOP(__builtin_floorf(v))
  case CK_CEIL:
    CK_UNARY_LOOP(__builtin_ceilf(v))
  case CK_SQUARE:
    CK_UNARY_LOOP(v * v)
  case CK_ROUND:
    CK_UNARY_LOOP(__builtin_rintf(v))
  case CK_SIGN:
    CK_UNARY_LOOP(v > 0.0f ? 1.0f : v < 0.0f ? -1.0f : v)
  case CK_TAN:
    CK_UNARY_CALL((float)tan((double)x[i]))
  case CK_ASIN:
    CK_UNARY_CALL((float)asin((double)x[i]))
  case CK_ACOS:
    CK_UNARY_CALL((float)acos((double)x[i]))
  case CK_ATAN:
    CK_UNARY_CALL((float)atan((double)x[i]))
  case CK_SINH:
    CK_UNARY_CALL((float)sinh((double)x[i]))
  case CK_COSH:
    CK_UNARY_CALL((float)cosh((double)x[i]))
  case CK_ASINH:
    CK_UNARY_CALL((float)asinh((double)x[i]))
  case CK_ACOSH:
    CK_UNARY_CALL((float)acosh((double)x[i]))
  case CK_ATANH:
    CK_UNARY_CALL((float)atanh((double)x[i]))
  case CK_LOG1P:
    CK_UNARY_CALL((float)log1p((double)x[i]))
  }
}

#define CK_GRADIENT_LOOP(expression)                                                                                   \
  CK_SIMD for (int64_t i = 0; i < n; i++) {                                                                            \
    float d = dy[i], v = input[i];                                                                                     \
    dx[i] = (expression);                                                                                              \
  }                                                                                                                    \
  return;

static void CK_VARIANT(unary_gradient_f32)(ck_unary_op op, float *dx, const float *dy, const float *input, int64_t n) {
  switch (op) {
  case CK_RELU:
    CK_GRADIENT_LOOP(v > 0.0f ? d : 0.0f)
  case CK_SIGMOID:
    CK_GRADIENT_LOOP(d * (v * (1.0f - v)))
  case CK_TANH:
    CK_GRADIENT_LOOP(d * (1.0f - v * v))
  case CK_GELU:
    CK_GRADIENT_LOOP(d * CK_VARIANT(gelu_slope)(v))
  case CK_GELU_TANH:
    CK_GRADIENT_LOOP(d * CK_VARIANT(gelu_tanh_slope)(v))
  case CK_QUICK_GELU:
    CK_GRADIENT_LOOP(d * CK_VARIANT(quick_gelu_slope)(v))
  default:
    for (int64_t i = 0; i < n; i++)
      dx[i] = 0.0f;
  }
}

static void CK_VARIANT(adamw)(float *p_out, float *m_out, float *v_out, const float *p, const float *g, const float *m,
                              const float *v, int64_t n, const ck_adamw_step *step) {
  const ck_adamw_step s = *step;
  CK_SIMD for (int64_t i = 0; i < n; i++) {
    float gradient = g[i];
    float first = s.beta1 * m[i] + s.beta1_complement * gradient;
    float second = s.beta2 * v[i] + s.beta2_complement * (gradient * gradient);
    float denominator = __builtin_sqrtf(second) * s.inverse_root_correction + s.epsilon;
    p_out[i] = p[i] * s.decay - s.rate * (first / denominator);
    m_out[i] = first;
    v_out[i] = second;
  }
}
