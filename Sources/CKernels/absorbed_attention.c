#include "attention_internal.h"
#include <string.h>

typedef struct absorbed {
  const ck_absorbed_attention *s;
  const float *x, *mask;
  /// [B, H, channels]: what the query makes of the keys' weights, then the weighted means of the tokens.
  float *means;
  /// [B, H, keys]
  float *scores;
  /// Runs of heads of a batch element that are tasks.
  int64_t parts;
} absorbed;

/// The weights of one kind for one head as the right factor of a product: of the query with w_kᵀ [width, channels], or
/// of means with w_v [channels, width].
static ck_gemm product_of(const ck_absorbed_attention *s, bool of_values) {
  int64_t columns = 2 * s->heads * s->width;
  return (ck_gemm){.m = s->batch,
                   .n = of_values ? s->width : s->channels,
                   .k = of_values ? s->channels : s->width,
                   .ldb = s->transposed ? s->channels : columns,
                   .transpose_b = of_values == s->transposed,
                   .packed_b = s->packed,
                   .alpha = 1.0f};
}

/// Where the weights of one kind begin, and how far apart those of two heads are.
typedef struct place {
  int64_t first, head;
} place;

static place place_of(const ck_absorbed_attention *s, bool of_values) {
  int64_t head = s->width * (s->transposed ? s->channels : 1), first = of_values ? s->heads * head : 0;
  if (!s->packed)
    return (place){first, head};
  int64_t keys = ck_gemm_packed_elements(s->width, s->channels),
          values = ck_gemm_packed_elements(s->channels, s->width);
  return of_values ? (place){s->heads * keys, values} : (place){0, keys};
}

int64_t ck_absorbed_attention_packed_elements(const ck_absorbed_attention *sizes) {
  ck_absorbed_attention packed = *sizes;
  packed.packed = true;
  place values = place_of(&packed, true);
  return values.first + sizes->heads * values.head;
}

void ck_absorbed_attention_pack_f32(float *packed, const void *w, const ck_absorbed_attention *sizes) {
  ck_absorbed_attention from = *sizes, to = *sizes;
  from.packed = false;
  to.packed = true;
  for (int of_values = 0; of_values < 2; of_values++) {
    ck_gemm g = product_of(&from, of_values);
    place source = place_of(&from, of_values), target = place_of(&to, of_values);
    for (int64_t head = 0; head < sizes->heads; head++) {
      const char *b = (const char *)w + (source.first + head * source.head) * (int64_t)sizeof(float);
      ck_gemm_pack_f32(packed + target.first + head * target.head, b, g.k, g.n, g.ldb, g.transpose_b);
    }
  }
}

int64_t ck_absorbed_attention_scratch(const ck_absorbed_attention *sizes) {
  return sizes->batch * sizes->heads * (sizes->channels + sizes->keys) * (int64_t)sizeof(float);
}

/// Scores, their softmax, and the weighted means of the tokens, for some heads of a batch element.
static void run(void *context, int64_t task, int slot) {
  (void)slot;
  const absorbed *c = context;
  const ck_absorbed_attention *s = c->s;
  int64_t element = task / c->parts, part = task % c->parts;
  int64_t first = part * s->heads / c->parts, heads = (part + 1) * s->heads / c->parts - first;
  float *means = c->means + (element * s->heads + first) * s->channels;
  float *scores = c->scores + (element * s->heads + first) * s->keys;
  const float *x = c->x + element * s->keys * s->channels;
  ck_product_plain(scores, s->keys, means, s->channels, false, x, s->channels, true, heads, s->keys, s->channels,
                   s->scale, 0.0f);
  for (int64_t i = 0; i < heads; i++) {
    float *row = scores + i * s->keys;
    const float *mask = c->mask ? c->mask + ck_attention_offset(&s->mask, element, first + i) : NULL;
    for (int64_t j = 0; mask && j < s->keys; j++)
      row[j] += mask[j];
    ck_dispatch()->softmax_row(row, row, s->keys);
  }
  ck_product_plain(means, s->channels, scores, s->keys, false, x, s->channels, false, heads, s->channels, s->keys, 1.0f,
                   0.0f);
}

/// One product a head: c [B, n] of every head lies `c_head` behind that of the head before.
static void multiply(float *c, int64_t c_row, int64_t c_head, const float *a, int64_t a_row, int64_t a_head,
                     const float *w, const ck_absorbed_attention *s, bool of_values, bool adds) {
  ck_gemm g = product_of(s, of_values);
  place weights = place_of(s, of_values);
  g.lda = a_row;
  g.ldc = c_row;
  g.beta = adds ? 1.0f : 0.0f;
  ck_gemm_batch batch = {
      .rank = 1, .dims = {s->heads}, .c_strides = {c_head}, .a_strides = {a_head}, .b_strides = {weights.head}};
  ck_gemm_batched_f32(c, a, w + weights.first, NULL, &g, &batch);
}

void ck_absorbed_attention_f32(float *out, const float *q, const float *x, const float *w, const float *bias,
                               const float *mask, const ck_absorbed_attention *sizes, void *scratch) {
  const ck_absorbed_attention *s = sizes;
  int64_t all = s->heads * s->width;
  if (s->batch == 0)
    return;
  absorbed context = {.s = s, .x = x, .mask = mask, .means = scratch};
  context.scores = context.means + s->batch * s->heads * s->channels;
  context.parts = s->batch >= ck_threads() ? 1 : ck_min_i64(s->heads, ck_threads());
  multiply(context.means, s->heads * s->channels, s->channels, q, all, s->width, w, s, false, false);
  int64_t cost = s->heads * s->keys * s->channels / 4;
  ck_parallel(s->batch * context.parts, s->batch * cost, run, &context);
  for (int64_t i = 0; bias && i < s->batch; i++)
    memcpy(out + i * all, bias + all, (size_t)all * sizeof(float));
  multiply(out, all, s->width, context.means, s->heads * s->channels, s->channels, w, s, true, bias != NULL);
}
