#include "internal.h"
#include <math.h>
#include <string.h>

int ck_type_size(ck_type type) {
  switch (type) {
  case CK_F64:
  case CK_I64:
  case CK_U64:
    return 8;
  case CK_F32:
  case CK_I32:
  case CK_U32:
    return 4;
  case CK_F16:
  case CK_BF16:
  case CK_I16:
  case CK_U16:
    return 2;
  case CK_U8:
  case CK_I8:
  case CK_BOOL:
    return 1;
  }
  return 1;
}

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static float from_f16(uint16_t half) {
  float magnitude = float_of((uint32_t)(half & 0x7FFF) << 13) * 0x1p112f;
  uint32_t bits = bits_of(magnitude);
  if (magnitude >= 65536.0f)
    bits |= 0x7F800000u; // infinity and NaN
  return float_of(bits | (uint32_t)(half & 0x8000) << 16);
}

static uint16_t to_f16(float value) {
  uint32_t bits = bits_of(value), magnitude = bits & 0x7FFFFFFFu, result;
  if (magnitude >= 0x47800000u) {
    result = magnitude > 0x7F800000u ? 0x7E00u : 0x7C00u;
  } else if (magnitude < 0x38800000u) {
    result = bits_of(float_of(magnitude) + 0.5f) - 0x3F000000u; // subnormal: the addition rounds
  } else {
    result = (magnitude - 0x38000000u + 0xFFFu + ((magnitude >> 13) & 1u)) >> 13;
  }
  return (uint16_t)(result | (bits >> 16 & 0x8000u));
}

static float from_bf16(uint16_t value) { return float_of((uint32_t)value << 16); }

static uint16_t to_bf16(float value) {
  uint32_t bits = bits_of(value);
  if (value != value)
    return (uint16_t)(bits >> 16 | 0x40u);
  return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

/// Rounds to odd, so that a second rounding to a narrower type is right.
static float to_odd(double value) {
  float nearest = (float)value;
  if ((double)nearest == value || value != value)
    return nearest;
  uint32_t bits = bits_of(nearest);
  if (fabs((double)nearest) > fabs(value))
    bits -= 1;
  return float_of(bits | 1u);
}

static int64_t saturated(double value, int64_t low, int64_t high) {
  if (value != value)
    return 0;
  if (value <= (double)low)
    return low;
  return value >= (double)high ? high : (int64_t)value;
}

static uint64_t unsigned_saturated(double value) {
  if (!(value > 0.0))
    return 0;
  return value >= 0x1p64 ? UINT64_MAX : (uint64_t)value;
}

/// Rounds to odd, so that a second rounding to a narrower type is right.
static double odd_of_unsigned(uint64_t value) {
  int dropped = value >> 53 ? 11 : 0;
  uint64_t kept = value >> dropped;
  if (kept << dropped != value)
    kept |= 1;
  return (double)kept * (dropped ? 2048.0 : 1.0);
}

enum { block = 256 };

/// n ≤ block elements as doubles.
static void load_floating(double *to, ck_type type, const void *x, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    switch (type) {
    case CK_F32:
      to[i] = (double)((const float *)x)[i];
      break;
    case CK_F16:
      to[i] = (double)from_f16(((const uint16_t *)x)[i]);
      break;
    case CK_BF16:
      to[i] = (double)from_bf16(((const uint16_t *)x)[i]);
      break;
    case CK_U64:
      to[i] = odd_of_unsigned(((const uint64_t *)x)[i]);
      break;
    default:
      to[i] = ((const double *)x)[i];
      break;
    }
  }
}

static void load_integer(int64_t *to, ck_type type, const void *x, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    switch (type) {
    case CK_I64:
    case CK_U64:
      to[i] = ((const int64_t *)x)[i];
      break;
    case CK_I32:
      to[i] = ((const int32_t *)x)[i];
      break;
    case CK_I8:
      to[i] = ((const int8_t *)x)[i];
      break;
    case CK_BOOL:
      to[i] = ((const uint8_t *)x)[i] != 0;
      break;
    case CK_I16:
      to[i] = ((const int16_t *)x)[i];
      break;
    case CK_U16:
      to[i] = ((const uint16_t *)x)[i];
      break;
    case CK_U32:
      to[i] = ((const uint32_t *)x)[i];
      break;
    default:
      to[i] = ((const uint8_t *)x)[i];
      break;
    }
  }
}

static void store_floating(void *y, ck_type type, const double *from, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    double v = from[i];
    switch (type) {
    case CK_F32:
      ((float *)y)[i] = (float)v;
      break;
    case CK_F64:
      ((double *)y)[i] = v;
      break;
    case CK_F16:
      ((uint16_t *)y)[i] = to_f16(to_odd(v));
      break;
    case CK_BF16:
      ((uint16_t *)y)[i] = to_bf16(to_odd(v));
      break;
    case CK_I64:
      ((int64_t *)y)[i] = saturated(v, INT64_MIN, INT64_MAX);
      break;
    case CK_I32:
      ((int32_t *)y)[i] = (int32_t)saturated(v, INT32_MIN, INT32_MAX);
      break;
    case CK_U8:
      ((uint8_t *)y)[i] = (uint8_t)saturated(v, 0, UINT8_MAX);
      break;
    case CK_I8:
      ((int8_t *)y)[i] = (int8_t)saturated(v, INT8_MIN, INT8_MAX);
      break;
    case CK_BOOL:
      ((uint8_t *)y)[i] = v != 0.0;
      break;
    case CK_I16:
      ((int16_t *)y)[i] = (int16_t)saturated(v, INT16_MIN, INT16_MAX);
      break;
    case CK_U16:
      ((uint16_t *)y)[i] = (uint16_t)saturated(v, 0, UINT16_MAX);
      break;
    case CK_U32:
      ((uint32_t *)y)[i] = (uint32_t)saturated(v, 0, UINT32_MAX);
      break;
    case CK_U64:
      ((uint64_t *)y)[i] = unsigned_saturated(v);
      break;
    }
  }
}

/// The nearest float, rounded to odd instead where a narrower type follows.
static float odd_of_integer(int64_t v) {
  double value = odd_of_unsigned(v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
  return to_odd(v < 0 ? -value : value);
}

static void store_integer(void *y, ck_type type, const int64_t *from, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    int64_t v = from[i];
    switch (type) {
    case CK_F32:
      ((float *)y)[i] = (float)v;
      break;
    case CK_F64:
      ((double *)y)[i] = (double)v;
      break;
    case CK_F16:
      ((uint16_t *)y)[i] = to_f16(odd_of_integer(v));
      break;
    case CK_BF16:
      ((uint16_t *)y)[i] = to_bf16(odd_of_integer(v));
      break;
    case CK_I64:
      ((int64_t *)y)[i] = v;
      break;
    case CK_I32:
      ((int32_t *)y)[i] = (int32_t)v;
      break;
    case CK_U8:
      ((uint8_t *)y)[i] = (uint8_t)v;
      break;
    case CK_I8:
      ((int8_t *)y)[i] = (int8_t)v;
      break;
    case CK_BOOL:
      ((uint8_t *)y)[i] = v != 0;
      break;
    case CK_I16:
      ((int16_t *)y)[i] = (int16_t)v;
      break;
    case CK_U16:
      ((uint16_t *)y)[i] = (uint16_t)v;
      break;
    case CK_U32:
      ((uint32_t *)y)[i] = (uint32_t)v;
      break;
    case CK_U64:
      ((uint64_t *)y)[i] = (uint64_t)v;
      break;
    }
  }
}

typedef struct cast_loop {
  char *y;
  const char *x;
  ck_type y_type, x_type;
} cast_loop;

static void run(void *context, int64_t begin, int64_t end) {
  const cast_loop *c = context;
  int y_size = ck_type_size(c->y_type), x_size = ck_type_size(c->x_type);
  bool to_floating = c->y_type == CK_F32 || c->y_type == CK_F64 || c->y_type == CK_F16 || c->y_type == CK_BF16;
  bool floating = c->x_type == CK_F32 || c->x_type == CK_F64 || c->x_type == CK_F16 || c->x_type == CK_BF16 ||
                  (c->x_type == CK_U64 && to_floating);
  for (int64_t i = begin; i < end; i += block) {
    int64_t n = ck_min_i64(block, end - i);
    void *y = c->y + i * y_size;
    const void *x = c->x + i * x_size;
    if (c->x_type == c->y_type && c->x_type != CK_BOOL) {
      memmove(y, x, (size_t)(n * x_size));
    } else if (c->x_type == CK_F16 && c->y_type == CK_F32) {
      for (int64_t j = 0; j < n; j++)
        ((float *)y)[j] = from_f16(((const uint16_t *)x)[j]);
    } else if (c->x_type == CK_F32 && c->y_type == CK_F16) {
      for (int64_t j = 0; j < n; j++)
        ((uint16_t *)y)[j] = to_f16(((const float *)x)[j]);
    } else if (c->x_type == CK_U64 && c->y_type == CK_F64) {
      for (int64_t j = 0; j < n; j++)
        ((double *)y)[j] = (double)((const uint64_t *)x)[j];
    } else if (floating) {
      double values[block];
      load_floating(values, c->x_type, x, n);
      store_floating(y, c->y_type, values, n);
    } else {
      int64_t values[block];
      load_integer(values, c->x_type, x, n);
      store_integer(y, c->y_type, values, n);
    }
  }
}

void ck_cast(void *y, ck_type y_type, const void *x, ck_type x_type, int64_t n) {
  cast_loop context = {y, x, y_type, x_type};
  ck_parallel_range(n, 4, run, &context);
}
