/// y[i] = the mean of elements 2 · i and 2 · i + 1 of both rows, added in the order in which they lie.
static void CK_VARIANT(average_pairs)(float *restrict y, const float *restrict first, const float *restrict second,
                                      int64_t n) {
  CK_SIMD for (int64_t i = 0; i < n; i++) {
    float sum = 0.0f + first[2 * i] + first[2 * i + 1] + second[2 * i] + second[2 * i + 1];
    y[i] = sum / 4.0f;
  }
}
