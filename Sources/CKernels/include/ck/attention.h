/// Fused scaled-dot-product attention (Vaswani et al. 2017), forward and backward.
#ifndef CK_ATTENTION_H
#define CK_ATTENTION_H

#include "ck/types.h"

/// Where (b, token, h) lies: element strides; the `width` elements of a head are adjacent. A packed projection
/// [B, L, 3·H·width] has batch L·3·H·width, token 3·H·width, head width, with q, k, v at offsets 0, H·width, 2·H·width.
typedef struct ck_attention_strides {
  int64_t batch, token, head;
} ck_attention_strides;

/// Sizes: B `batch`, H `heads`, `queries` and `keys` tokens, `width` elements a head. With `causal`, query i sees the
/// keys j ≤ i + keys − queries. With `guarded`, weights that are no numbers count as 0. Strides of the gradients dq,
/// dk, dv and dout are only read by the gradient.
typedef struct ck_attention {
  int64_t batch, heads, queries, keys, width;
  float scale;
  bool causal, guarded;
  ck_attention_strides q, k, v, out;
  ck_attention_strides dq, dk, dv, dout;
  ck_attention_strides mask;
} ck_attention;

/// Bytes of scratch for forward and for backward, when the calling thread's ck_threads() is at most `threads`.
int64_t ck_attention_scratch(const ck_attention *sizes, int threads);
int64_t ck_attention_gradient_scratch(const ck_attention *sizes, int threads);

/// out = softmax(scale · q kᵀ + mask) v for every batch element and head. `log_sum_exp` [B, H, queries] (may be null)
/// receives log Σ exp of the scores. `mask` (may be null) is additive; its rows of `keys` elements lie at
/// b · mask.batch + h · mask.head + query · mask.token. A query that sees nothing gives NaN, or 0 where `guarded`.
void ck_attention_f32(float *out, float *log_sum_exp, const float *q, const float *k, const float *v, const float *mask,
                      const ck_attention *sizes, void *scratch);

/// dq, dk and dv from dout; probabilities are computed again from q, k and log_sum_exp.
void ck_attention_gradient_f32(float *dq, float *dk, float *dv, const float *dout, const float *q, const float *k,
                               const float *v, const float *out, const float *log_sum_exp, const float *mask,
                               const ck_attention *sizes, void *scratch);

/// Attention of one query to the tokens x [B, keys, channels], whose keys and values x · w + bias are not computed:
/// their weights go to the query and to the weighted mean of the tokens. w is k | v [channels, 2 · H · width], or
/// [2 · H · width, channels] if `transposed`; or what `ck_absorbed_attention_pack_f32` made of it.
typedef struct ck_absorbed_attention {
  int64_t batch, heads, keys, width, channels;
  float scale;
  bool transposed, packed;
  ck_attention_strides mask;
} ck_absorbed_attention;

/// Elements of the packed weights.
int64_t ck_absorbed_attention_packed_elements(const ck_absorbed_attention *sizes);

/// Lays w out as products read it fastest. w may lie at any address.
void ck_absorbed_attention_pack_f32(float *packed, const void *w, const ck_absorbed_attention *sizes);

/// Bytes of scratch.
int64_t ck_absorbed_attention_scratch(const ck_absorbed_attention *sizes);

/// out [B, H · width] = softmax(scale · q (x w_k)ᵀ + mask) (x w_v + bias_v), by heads, for queries q [B, H · width]:
/// the scores are (scale · q w_kᵀ) xᵀ, and what bias_k [H · width] adds to them is the same for all keys. `bias` [2 · H
/// · width] and `mask` may be null; the mask lies as for `ck_attention_f32`. A query that sees nothing gives NaN.
void ck_absorbed_attention_f32(float *out, const float *q, const float *x, const float *w, const float *bias,
                               const float *mask, const ck_absorbed_attention *sizes, void *scratch);

#endif
