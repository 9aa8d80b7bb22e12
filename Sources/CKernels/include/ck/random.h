/// Random numbers from the counter-based generator Philox 4×32-10 (Salmon et al. 2011): element i depends on the seed,
/// the stream and i alone.
#ifndef CK_RANDOM_H
#define CK_RANDOM_H

#include "ck/types.h"

/// A seed from a float attribute: its bits.
uint64_t ck_seed_f32(float seed);

/// out[i] uniform in [low, high).
void ck_random_uniform_f32(float *out, int64_t n, uint64_t seed, uint64_t stream, float low, float high);

/// out[i] normal (Box and Muller 1958).
void ck_random_normal_f32(float *out, int64_t n, uint64_t seed, uint64_t stream, float mean, float deviation);

#endif
