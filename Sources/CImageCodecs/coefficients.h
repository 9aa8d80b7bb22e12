/// Filter weights of one axis, as Pillow computes them.
#ifndef CI_COEFFICIENTS_H
#define CI_COEFFICIENTS_H

#include "internal.h"

#define CI_PRECISION_BITS (32 - 8 - 2)

typedef struct ci_axis {
  int32_t taps;    ///< most weights of a pixel; the stride of `weights`
  int32_t *starts; ///< first input pixel of every output pixel
  int32_t *counts;
  double *weights; ///< [count, taps]
  int32_t *fixed;  ///< the same in 22-bit fixed point, rounded half away from zero
} ci_axis;

/// Weights of output pixels `first` ..< `first` + `count` of `full`, over `size` input pixels.
ci_status ci_axis_create(ci_axis *axis, ci_filter filter, int32_t size, int32_t full, int32_t first, int32_t count);
void ci_axis_free(ci_axis *axis);

/// What a resize takes: the weights of both axes (none where the size stays), the order of the passes, and the part of
/// the input that the window reads.
typedef struct ci_passes {
  ci_axis x, y;
  int vertical_first;
  int32_t first_row, rows;       ///< read by the vertical pass
  int32_t first_column, columns; ///< read by the horizontal pass
} ci_passes;

ci_status ci_passes_create(ci_passes *passes, ci_filter filter, const ci_resize *r);
void ci_passes_free(ci_passes *passes);

#endif
