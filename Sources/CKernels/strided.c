#include "internal.h"

static int64_t magnitude(int64_t v) { return v < 0 ? -v : v; }

void ck_strided_make(ck_strided *out, int rank, const int64_t *dims, const int64_t *out_strides,
                     const int64_t *in_strides) {
  int order[CK_MAX_RANK], used = 0;
  *out = (ck_strided){.rank = 0, .count = 1};
  for (int i = 0; i < rank; i++) {
    out->count *= dims[i];
    if (dims[i] == 1)
      continue;
    int at = used++;
    for (; at > 0 && magnitude(out_strides[order[at - 1]]) < magnitude(out_strides[i]); at--)
      order[at] = order[at - 1];
    order[at] = i;
  }
  for (int k = 0; k < used && out->count > 0; k++) {
    int i = order[k], last = out->rank - 1;
    if (last >= 0 && out->out_strides[last] == out_strides[i] * dims[i] &&
        out->in_strides[last] == in_strides[i] * dims[i]) {
      out->dims[last] *= dims[i];
    } else {
      last = out->rank++;
      out->dims[last] = dims[i];
    }
    out->out_strides[last] = out_strides[i];
    out->in_strides[last] = in_strides[i];
  }
  if (out->rank == 0) {
    out->rank = 1;
    out->dims[0] = out->count;
    out->out_strides[0] = out->in_strides[0] = 1;
  }
}

void ck_transpose_make(ck_strided *out, int rank, const int64_t *in_dims, const int *permutation) {
  int64_t in_dense[CK_MAX_RANK], dims[CK_MAX_RANK], in_strides[CK_MAX_RANK], out_strides[CK_MAX_RANK], stride = 1;
  for (int i = rank - 1; i >= 0; i--) {
    in_dense[i] = stride;
    stride *= in_dims[i];
  }
  stride = 1;
  for (int i = rank - 1; i >= 0; i--) {
    dims[i] = in_dims[permutation[i]];
    in_strides[i] = in_dense[permutation[i]];
    out_strides[i] = stride;
    stride *= dims[i];
  }
  ck_strided_make(out, rank, dims, out_strides, in_strides);
}
