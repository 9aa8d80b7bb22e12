/// The functions of the dispatch table for any CPU.
#include "internal.h"
#include <math.h>

#define CK_VARIANT(name) name##__plain
#define CK_VARIANT_NAME "plain"
#if defined(__ARM_FEATURE_FMA)
#define CK_HAS_FMA
#endif
#define CK_LANES 8
#define CK_TILE_VECTORS 12
#include "bodies/table.inc.h"
