/// The functions of the dispatch table for any CPU.
#include "internal.h"
#include <math.h>

#define CK_VARIANT(name) name##__plain
#define CK_VARIANT_NAME "plain"
#include "bodies/table.inc.h"
