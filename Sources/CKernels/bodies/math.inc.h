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

#ifdef CK_HAS_FMA
#define CK_FMA(a, b, c) __builtin_fmaf(a, b, c)
#else
#define CK_FMA(a, b, c) CK_VARIANT(fma)(a, b, c)
/// a · b + c rounded once. The product is exact in double precision; the sum is rounded to odd there, which the second
/// rounding, to single precision, does not see (Boldo and Melquiond 2008).
CK_INLINE float CK_VARIANT(fma)(float a, float b, float c) {
  double product = (double)a * (double)b, addend = c, sum = product + addend;
  double part = sum - product, error = (product - (sum - part)) + (addend - part);
  int64_t bits;
  __builtin_memcpy(&bits, &sum, sizeof bits);
  bool inexact = error < 0.0 || error > 0.0;
  int64_t towards = (error > 0.0) == (sum > 0.0) ? 1 : -1;
  bits += inexact && !(bits & 1) ? towards : 0;
  __builtin_memcpy(&sum, &bits, sizeof bits);
  return (float)sum;
}
#endif

/// eˣ = 2ⁿ · p with x = n · ln 2 + r and p = eʳ, 1 + r + r² · a minimax polynomial. `shifted` holds n in its low bits.
typedef struct CK_VARIANT(exp_parts) {
  float p, shifted;
} CK_VARIANT(exp_parts);

CK_INLINE CK_VARIANT(exp_parts) CK_VARIANT(exp_split)(float x) {
  const float shift = 12582912.0f; // 1.5 · 2²³: adding it rounds to an integer in the low bits
  float shifted = CK_FMA(x, 1.44269504f, shift);
  float n = shifted - shift;
  float r = CK_FMA(n, 1.90465421e-9f, CK_FMA(n, -0.693147182f, x));
  float q = CK_FMA(0.001381461f, r, 0.008368711f);
  q = CK_FMA(q, r, 0.04166839f);
  q = CK_FMA(q, r, 0.16666521f);
  q = CK_FMA(q, r, 0.49999994f);
  return (CK_VARIANT(exp_parts)){CK_FMA(q, r * r, r) + 1.0f, shifted};
}

/// eˣ within 2 ulp, scaled by 2ⁿ in two steps so that subnormal results are right.
CK_INLINE float CK_VARIANT(exp)(float x) {
  x = x < -104.0f ? -104.0f : x;
  x = x > 89.0f ? 89.0f : x;
  CK_VARIANT(exp_parts) e = CK_VARIANT(exp_split)(x);
  int32_t exponent = (int32_t)(CK_VARIANT(to_bits)(e.shifted) - 0x4B400000u);
  int32_t half = exponent >> 1;
  float low = CK_VARIANT(from_bits)(((uint32_t)half + 127u) << 23);
  float high = CK_VARIANT(from_bits)(((uint32_t)(exponent - half) + 127u) << 23);
  return e.p * low * high;
}

/// eˣ for what is added to 1 or taken from it: at least e⁻⁸⁷, and infinite from about 88.4 on.
CK_INLINE float CK_VARIANT(exp_beside_one)(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 89.0f ? 89.0f : x;
  CK_VARIANT(exp_parts) e = CK_VARIANT(exp_split)(x);
  return e.p * CK_VARIANT(from_bits)((CK_VARIANT(to_bits)(e.shifted) << 23) + 0x3F800000u);
}

/// eˣ for x ≤ 0 within 2 ulp, and 0 below e⁻⁸⁷.
CK_INLINE float CK_VARIANT(exp_of_negative)(float x) {
  CK_VARIANT(exp_parts) e = CK_VARIANT(exp_split)(x);
  float y = e.p * CK_VARIANT(from_bits)((CK_VARIANT(to_bits)(e.shifted) << 23) + 0x3F800000u);
  return x < -87.0f ? 0.0f : y;
}

CK_INLINE float CK_VARIANT(sigmoid)(float x) { return 1.0f / (1.0f + CK_VARIANT(exp_beside_one)(-x)); }

/// log(1 + x) for 0 ≤ x ≤ 1: 2 artanh(x / (2 + x)) by its series.
CK_INLINE float CK_VARIANT(log_beside_one)(float x) {
  float w = x / (2.0f + x), s = w * w;
  float p = CK_FMA(1.0f / 15.0f, s, 1.0f / 13.0f);
  p = CK_FMA(p, s, 1.0f / 11.0f);
  p = CK_FMA(p, s, 1.0f / 9.0f);
  p = CK_FMA(p, s, 1.0f / 7.0f);
  p = CK_FMA(p, s, 1.0f / 5.0f);
  p = CK_FMA(p, s, 1.0f / 3.0f);
  return 2.0f * CK_FMA(p * s, w, w);
}

/// log(1 + eˣ), with its digits where it is small; 0 below e⁻⁸⁷.
CK_INLINE float CK_VARIANT(softplus)(float x) {
  float power = CK_VARIANT(exp_of_negative)(-__builtin_fabsf(x));
  return (x > 0.0f ? x : 0.0f) + CK_VARIANT(log_beside_one)(power);
}

/// An odd polynomial near zero, 1 − 2 / (e²ˣ + 1) elsewhere.
CK_INLINE float CK_VARIANT(tanh)(float x) {
  float magnitude = __builtin_fabsf(x), s = x * x;
  float p = -0.005717048887f;
  p = CK_FMA(p, s, 0.020650591701f);
  p = CK_FMA(p, s, -0.053743500262f);
  p = CK_FMA(p, s, 0.133314907551f);
  p = CK_FMA(p, s, -0.333332836628f);
  float small = CK_FMA(p * s, x, x);
  float large = __builtin_copysignf(1.0f - 2.0f / (CK_VARIANT(exp_beside_one)(2.0f * magnitude) + 1.0f), x);
  return magnitude < 0.625f ? small : large;
}

/// An odd polynomial below 1, 1 − exp(−p(|x|)) with a fitted p above.
CK_INLINE float CK_VARIANT(erf)(float x) {
  float magnitude = __builtin_fabsf(x), s = x * x;
  float p = 7.933123561e-5f;
  p = CK_FMA(p, s, -8.035036153e-4f);
  p = CK_FMA(p, s, 5.191292148e-3f);
  p = CK_FMA(p, s, -2.685548365e-2f);
  p = CK_FMA(p, s, 1.128363013e-1f);
  p = CK_FMA(p, s, -3.761263192e-1f);
  float small = CK_FMA(p * s, x, 1.128379167f * x);
  float t = (magnitude > 4.0f ? 4.0f : magnitude) - 2.0f;
  float q = -1.900334755e-4f;
  q = CK_FMA(q, t, 7.042201472e-4f);
  q = CK_FMA(q, t, -3.546146676e-3f);
  q = CK_FMA(q, t, 1.649073139e-2f);
  q = CK_FMA(q, t, 9.237551093e-1f);
  q = CK_FMA(q, t, 4.418159485f);
  q = CK_FMA(q, t, 5.364941120f);
  float large = __builtin_copysignf(1.0f - CK_VARIANT(exp_beside_one)(-q), x);
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
