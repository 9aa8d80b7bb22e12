/// Tiles of products of 16-bit integers, whose sums take 32 bits.

enum { CK_VARIANT(integer_rows) = CK_LANES == 16 ? 12 : 6 };

#if defined(CK_HAS_PAIRS)
enum { CK_VARIANT(integer_vectors) = CK_GEMM_PANEL / CK_LANES };
typedef int16_t CK_VARIANT(halves) __attribute__((vector_size(CK_LANES * 4), aligned(2), may_alias));
typedef int32_t CK_VARIANT(wholes) __attribute__((vector_size(CK_LANES * 4), aligned(4), may_alias));

CK_INLINE CK_VARIANT(wholes) CK_VARIANT(integer_pairs)(CK_VARIANT(halves) a, CK_VARIANT(halves) b) {
#if CK_LANES == 16
  return (CK_VARIANT(wholes))__builtin_ia32_pmaddwd512(a, b);
#else
  return (CK_VARIANT(wholes))__builtin_ia32_pmaddwd256(a, b);
#endif
}

CK_INLINE void CK_VARIANT(integer_sums)(int32_t *out, const int16_t *a, int64_t lda, const int16_t *b, int64_t pairs,
                                        const int rows) {
  CK_VARIANT(wholes) sums[CK_VARIANT(integer_rows)][CK_VARIANT(integer_vectors)] = {0};
  for (int64_t p = 0; p < pairs; p++) {
    CK_VARIANT(halves) right[CK_VARIANT(integer_vectors)];
    for (int v = 0; v < CK_VARIANT(integer_vectors); v++)
      right[v] = *(const CK_VARIANT(halves) *)(b + (p * CK_GEMM_PANEL + v * CK_LANES) * 2);
    for (int r = 0; r < rows; r++) {
      int32_t pair;
      __builtin_memcpy(&pair, a + r * lda + 2 * p, sizeof pair);
      CK_VARIANT(wholes) left = (CK_VARIANT(wholes)){0} + pair;
      for (int v = 0; v < CK_VARIANT(integer_vectors); v++)
        sums[r][v] += CK_VARIANT(integer_pairs)((CK_VARIANT(halves))left, right[v]);
    }
  }
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < CK_VARIANT(integer_vectors); v++)
      *(CK_VARIANT(wholes) *)(out + r * CK_GEMM_PANEL + v * CK_LANES) = sums[r][v];
}

static void CK_VARIANT(integer_tile)(int32_t *c, int64_t ldc, const int16_t *a, int64_t lda, const int16_t *b,
                                     int64_t pairs, int64_t rows, int64_t columns) {
  int32_t sums[CK_VARIANT(integer_rows) * CK_GEMM_PANEL];
  int64_t row = 0;
  if (rows == CK_VARIANT(integer_rows)) {
    CK_VARIANT(integer_sums)(sums, a, lda, b, pairs, CK_VARIANT(integer_rows));
    row = rows;
  }
  for (; row + 3 <= rows; row += 3)
    CK_VARIANT(integer_sums)(sums + row * CK_GEMM_PANEL, a + row * lda, lda, b, pairs, 3);
  for (; row < rows; row++)
    CK_VARIANT(integer_sums)(sums + row * CK_GEMM_PANEL, a + row * lda, lda, b, pairs, 1);
  for (int64_t i = 0; i < rows; i++)
    __builtin_memcpy(c + i * ldc, sums + i * CK_GEMM_PANEL, (size_t)columns * sizeof(int32_t));
}
#else
static void CK_VARIANT(integer_tile)(int32_t *c, int64_t ldc, const int16_t *a, int64_t lda, const int16_t *b,
                                     int64_t pairs, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; i++) {
    uint32_t sums[CK_GEMM_PANEL] = {0};
    for (int64_t p = 0; p < pairs; p++)
      for (int64_t j = 0; j < CK_GEMM_PANEL; j++) {
        const int16_t *x = a + i * lda + 2 * p, *w = b + (p * CK_GEMM_PANEL + j) * 2;
        sums[j] += (uint32_t)(x[0] * w[0]) + (uint32_t)(x[1] * w[1]);
      }
    for (int64_t j = 0; j < columns; j++)
      c[i * ldc + j] = (int32_t)sums[j];
  }
}
#endif
