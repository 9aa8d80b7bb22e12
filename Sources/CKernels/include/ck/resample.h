/// Copies whose positions along each axis are tables: padding, and resampling to another grid.
#ifndef CK_RESAMPLE_H
#define CK_RESAMPLE_H

#include "ck/types.h"

/// out [dims] (`rank` of them, at most CK_MAX_RANK) = x at tabulated positions: `offsets` holds, axis after axis, the
/// element offset in x of each output position, or −1 where the output is *value instead. Elements are 1, 2, 4 or 8
/// bytes.
void ck_copy_mapped(void *out, const void *x, const void *value, int rank, const int64_t *dims, const int64_t *offsets,
                    int element_size);

/// y [outer, out, inner] = Σ over t < taps of weights[o, t] · x[outer, positions[o, t], inner] for x [outer, n, inner].
/// Sums run in double precision, in the order of the taps.
void ck_resample_f32(float *y, const float *x, int64_t outer, int64_t n, int64_t out, int64_t inner, int64_t taps,
                     const int64_t *positions, const double *weights);

#endif
