/// Conversion between element types.
#ifndef CK_CAST_H
#define CK_CAST_H

#include "ck/types.h"

/// The size of an element in bytes.
int ck_type_size(ck_type type);

/// y[i] = x[i] in another type. Towards floating point, rounds to nearest even; towards integers, truncates and
/// saturates, and NaN gives 0; between integers, wraps; towards booleans, gives x ≠ 0.
void ck_cast(void *y, ck_type y_type, const void *x, ck_type x_type, int64_t n);

#endif
