/// Elementary functions as straight-line code that the compiler vectorises: no branches, no calls, no tables.

#define CK_INLINE static inline __attribute__((always_inline))

CK_INLINE float CK_VARIANT(from_bits)(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

CK_INLINE uint32_t CK_VARIANT(to_bits)(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// eˣ within 2 ulp: x = n · ln 2 + r, eʳ by its series, scaled by 2ⁿ in two steps so that subnormal results are right.
CK_INLINE float CK_VARIANT(exp)(float x) {
  const float shift = 12582912.0f; // 1.5 · 2²³: adding it rounds to an integer in the low bits
  x = x < -104.0f ? -104.0f : x;
  x = x > 89.0f ? 89.0f : x;
  float shifted = x * 1.44269504f + shift;
  float n = shifted - shift;
  float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = (p * r) * r + r + 1.0f;
  int32_t exponent = (int32_t)(CK_VARIANT(to_bits)(shifted) - 0x4B400000u);
  int32_t half = exponent >> 1;
  float low = CK_VARIANT(from_bits)(((uint32_t)half + 127u) << 23);
  float high = CK_VARIANT(from_bits)(((uint32_t)(exponent - half) + 127u) << 23);
  return p * low * high;
}

CK_INLINE float CK_VARIANT(sigmoid)(float x) { return 1.0f / (1.0f + CK_VARIANT(exp)(-x)); }

/// An odd polynomial near zero, 1 − 2 / (e²ˣ + 1) elsewhere.
CK_INLINE float CK_VARIANT(tanh)(float x) {
  float magnitude = __builtin_fabsf(x), s = x * x;
  float p = -0.005717048887f;
  p = p * s + 0.020650591701f;
  p = p * s - 0.053743500262f;
  p = p * s + 0.133314907551f;
  p = p * s - 0.333332836628f;
  float small = (p * s) * x + x;
  float large = __builtin_copysignf(1.0f - 2.0f / (CK_VARIANT(exp)(2.0f * magnitude) + 1.0f), x);
  return magnitude < 0.625f ? small : large;
}

/// An odd polynomial below 1, 1 − exp(−p(|x|)) with a fitted p above.
CK_INLINE float CK_VARIANT(erf)(float x) {
  float magnitude = __builtin_fabsf(x), s = x * x;
  float p = 7.933123561e-5f;
  p = p * s - 8.035036153e-4f;
  p = p * s + 5.191292148e-3f;
  p = p * s - 2.685548365e-2f;
  p = p * s + 1.128363013e-1f;
  p = p * s - 3.761263192e-1f;
  float small = (p * s) * x + 1.128379167f * x;
  float t = (magnitude > 4.0f ? 4.0f : magnitude) - 2.0f;
  float q = -1.900334755e-4f;
  q = q * t + 7.042201472e-4f;
  q = q * t - 3.546146676e-3f;
  q = q * t + 1.649073139e-2f;
  q = q * t + 9.237551093e-1f;
  q = q * t + 4.418159485f;
  q = q * t + 5.364941120f;
  float large = __builtin_copysignf(1.0f - CK_VARIANT(exp)(-q), x);
  float value = magnitude < 1.0f ? small : large;
  return x != x ? x : value;
}

/// Φ(x), the normal distribution.
CK_INLINE float CK_VARIANT(normal)(float x) { return 0.5f * (1.0f + CK_VARIANT(erf)(x * 0.707106781f)); }

CK_INLINE float CK_VARIANT(gelu)(float x) { return x * CK_VARIANT(normal)(x); }

CK_INLINE float CK_VARIANT(gelu_tanh)(float x) {
  float u = 0.797884561f * (x + 0.044715f * (x * x * x));
  return 0.5f * x * (1.0f + CK_VARIANT(tanh)(u));
}

CK_INLINE float CK_VARIANT(quick_gelu)(float x) { return x * CK_VARIANT(sigmoid)(1.702f * x); }

CK_INLINE float CK_VARIANT(gelu_slope)(float x) {
  return CK_VARIANT(normal)(x) + x * 0.398942280f * CK_VARIANT(exp)(-0.5f * x * x);
}

CK_INLINE float CK_VARIANT(gelu_tanh_slope)(float x) {
  float t = CK_VARIANT(tanh)(0.797884561f * (x + 0.044715f * (x * x * x)));
  return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * 0.797884561f * (1.0f + 0.134145f * x * x);
}

CK_INLINE float CK_VARIANT(quick_gelu_slope)(float x) {
  float s = CK_VARIANT(sigmoid)(1.702f * x);
  return s + 1.702f * x * s * (1.0f - s);
}
