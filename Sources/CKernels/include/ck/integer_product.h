/// Products of 8-bit integers with exact 32-bit sums.
#ifndef CK_INTEGER_PRODUCT_H
#define CK_INTEGER_PRODUCT_H

#include "ck/types.h"

/// A matrix of 8-bit integers and what is taken from them. `zeros` has as many entries as `zero_count` says: none, one
/// for all, or one for each row of a or column of b; they are signed as the elements are.
typedef struct ck_bytes {
  const void *elements;
  const void *zeros;
  int64_t zero_count;
  bool is_signed;
} ck_bytes;

typedef struct ck_integer_product {
  int64_t m, n, k;
  /// b was packed by `ck_integer_pack`; `b.elements` are that.
  bool packed_b;
} ck_integer_product;

/// Bytes of scratch of one product.
int64_t ck_integer_product_scratch(const ck_integer_product *sizes);

/// c [m, n] = (a [m, k] − a's zeros) · (b [k, n] − b's zeros), row-major; sums wrap at 32 bits.
void ck_integer_product_s32(int32_t *c, const ck_bytes *a, const ck_bytes *b, const ck_integer_product *sizes,
                            void *scratch);

/// Bytes of a packed b [k, n].
int64_t ck_integer_packed_bytes(int64_t k, int64_t n);

/// Lays b [k, n], less its zeros, out as products read it: panels of 16 columns of pairs of 16-bit integers,
/// [⌈n / 16⌉, ⌈k / 2⌉, 16, 2], with zeros behind the end.
void ck_integer_pack(int16_t *packed, const ck_bytes *b, int64_t k, int64_t n);

/// Sizes of a convolution: x [batch, groups · channels, height, width] with w [groups · filters, channels,
/// kernel_height, kernel_width] → [batch, groups · filters, out_height, out_width].
typedef struct ck_integer_conv2d {
  int64_t batch, groups, channels, filters, height, width, kernel_height, kernel_width, out_height, out_width;
  int64_t stride_y, stride_x, pad_top, pad_left, dilation_y, dilation_x;
} ck_integer_conv2d;

int64_t ck_integer_conv2d_scratch(const ck_integer_conv2d *sizes);

/// The convolution of (x − its zero) with (w − its zeros, one for all or one for each filter); what lies outside of x
/// counts as nothing.
void ck_integer_conv2d_s32(int32_t *y, const ck_bytes *x, const ck_bytes *w, const ck_integer_conv2d *sizes,
                           void *scratch);

#endif
