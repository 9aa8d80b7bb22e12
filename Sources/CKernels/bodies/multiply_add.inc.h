/// `rounds` multiply-adds on each of twelve vectors in registers, which depend on nothing but themselves. Returns the
/// floating-point operations done.
static int64_t CK_VARIANT(multiply_add_chains)(float *sink, int64_t rounds) {
  enum { chains = 12 };
  CK_VARIANT(vector) sums[chains], factor = 0.5f + *sink, addend = 0.25f;
#pragma unroll
  for (int i = 0; i < chains; i++)
    sums[i] = (float)i;
  for (int64_t round = 0; round < rounds; round++) {
#pragma unroll
    for (int i = 0; i < chains; i++)
#ifdef CK_HAS_FMA
      sums[i] = __builtin_elementwise_fma(sums[i], factor, addend);
#else
      sums[i] = sums[i] * factor + addend;
#endif
  }
  CK_VARIANT(vector) total = 0.0f;
#pragma unroll
  for (int i = 0; i < chains; i++)
    total += sums[i];
  *sink = total[0];
  return rounds * chains * CK_LANES * 2;
}
