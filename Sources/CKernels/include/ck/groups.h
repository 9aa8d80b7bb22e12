/// Which rows of a matrix are equal.
#ifndef CK_GROUPS_H
#define CK_GROUPS_H

#include "ck/types.h"

/// Bytes of scratch for `ck_row_groups`.
int64_t ck_row_groups_scratch(int64_t rows);

/// groups [rows]: for every row of x, `row_bytes` each, the first row with the same bytes.
void ck_row_groups(int64_t *groups, const void *x, int64_t rows, int64_t row_bytes, void *scratch);

#endif
