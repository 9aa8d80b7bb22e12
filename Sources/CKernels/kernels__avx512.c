/// The functions of the dispatch table for CPUs with AVX-512 (the F, VL, DQ and BW parts).
#include "internal.h"
#include <math.h>

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))),                   \
                             apply_to = function)
#define CK_VARIANT(name) name##__avx512
#define CK_VARIANT_NAME "avx512"
#define CK_HAS_FMA
#define CK_HAS_PAIRS
#define CK_LANES 16
#define CK_TILE_VECTORS 24
#include "bodies/table.inc.h"
#pragma clang attribute pop
#endif
