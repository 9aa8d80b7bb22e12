#include "internal.h"
#include <math.h>
#include <string.h>

uint64_t ck_seed_f32(float seed) {
  uint32_t bits;
  memcpy(&bits, &seed, sizeof bits);
  return bits;
}

/// Four words of Philox 4×32-10 at a counter.
static void philox(uint32_t *out, uint64_t seed, uint64_t stream, uint64_t counter) {
  uint32_t x[4] = {(uint32_t)counter, (uint32_t)(counter >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
  uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t a = (uint64_t)x[0] * 0xD2511F53u, b = (uint64_t)x[2] * 0xCD9E8D57u;
    uint32_t next[4] = {(uint32_t)(b >> 32) ^ x[1] ^ key0, (uint32_t)b, (uint32_t)(a >> 32) ^ x[3] ^ key1, (uint32_t)a};
    memcpy(x, next, sizeof x);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  memcpy(out, x, sizeof x);
}

typedef struct drawing {
  float *out;
  int64_t n;
  uint64_t seed, stream;
  float a, b;
  bool normal;
} drawing;

/// 24 random bits as a multiple of 2⁻²⁴ in [0, 1).
static float unit(uint32_t word) { return (float)(word >> 8) * 0x1p-24f; }

static void uniform_quad(float *out, const uint32_t *words, float low, float high) {
  for (int i = 0; i < 4; i++) {
    float value = low + unit(words[i]) * (high - low);
    out[i] = value >= high && low < high ? nextafterf(high, low) : value;
  }
}

static void normal_quad(float *out, const uint32_t *words, float mean, float deviation) {
  for (int i = 0; i < 4; i += 2) {
    float radius = sqrtf(-2.0f * logf(unit(words[i]) + 0x1p-24f)) * deviation;
    float angle = 6.28318531f * unit(words[i + 1]);
    out[i] = mean + radius * cosf(angle);
    out[i + 1] = mean + radius * sinf(angle);
  }
}

/// Counters [begin, end): four elements each.
static void run(void *context, int64_t begin, int64_t end) {
  const drawing *c = context;
  for (int64_t counter = begin; counter < end; counter++) {
    uint32_t words[4];
    float values[4];
    philox(words, c->seed, c->stream, (uint64_t)counter);
    (c->normal ? normal_quad : uniform_quad)(values, words, c->a, c->b);
    int64_t count = ck_min_i64(4, c->n - counter * 4);
    for (int64_t i = 0; i < count; i++)
      c->out[counter * 4 + i] = values[i];
  }
}

void ck_random_uniform_f32(float *out, int64_t n, uint64_t seed, uint64_t stream, float low, float high) {
  drawing context = {out, n, seed, stream, low, high, false};
  ck_parallel_range(ck_ceil_div(n, 4), 32, run, &context);
}

void ck_random_normal_f32(float *out, int64_t n, uint64_t seed, uint64_t stream, float mean, float deviation) {
  drawing context = {out, n, seed, stream, mean, deviation, true};
  ck_parallel_range(ck_ceil_div(n, 4), 64, run, &context);
}
