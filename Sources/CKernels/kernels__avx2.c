/// The functions of the dispatch table for CPUs with AVX2 and FMA.
#include "internal.h"
#include <math.h>

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CK_VARIANT(name) name##__avx2
#define CK_VARIANT_NAME "avx2+fma"
#define CK_HAS_FMA
#define CK_HAS_PAIRS
#define CK_LANES 8
#define CK_TILE_VECTORS 12
#include "bodies/table.inc.h"
#pragma clang attribute pop
#endif
