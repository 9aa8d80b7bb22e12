import CKernels
import Testing

extension KernelsTests {
  /// Products by Strassen's method, where `strassen_rows` asks for it.
  @Suite struct Strassen {
    /// m, n, k, rows of a group: even and odd groups, columns behind whole groups of panels, one pass over k and several.
    static let shapes = [[256, 256, 512, 64], [74, 300, 514, 37], [301, 321, 1030, 43], [364, 448, 768, 182]]

    static func sizes(_ shape: [Int], padding: Int = 0) -> ck_gemm {
      var sizes = Product(m: shape[0], n: shape[1], k: shape[2], padding: padding).sizes
      sizes.ldb = Int64(shape[1])
      (sizes.packed_b, sizes.strassen_rows) = (true, Int64(shape[3]))
      return sizes
    }

    /// The row that row `row` is computed with; nil for the last of an odd group.
    static func partner(_ row: Int, _ group: Int) -> Int? {
      let within = row % group
      return within == group - 1 && group % 2 == 1 ? nil : row - within + (within ^ 1)
    }

    static func packed(_ b: [Float], _ sizes: ck_gemm) -> [Float] {
      output(Int(ck_gemm_packed_elements(sizes.k, sizes.n))) {
        ck_gemm_pack_f32($0, b, sizes.k, sizes.n, sizes.ldb, false)
      }
    }

    /// Row `row` of a · b [n] in double precision.
    static func row(_ row: Int, _ a: [Float], _ b: [Float], _ sizes: ck_gemm) -> [Double] {
      let (n, k, lda) = (Int(sizes.n), Int(sizes.k), Int(sizes.lda))
      var c = [Double](repeating: 0, count: n)
      c.withUnsafeMutableBufferPointer { c in
        b.withUnsafeBufferPointer { b in
          for p in 0..<k {
            let factor = Double(a[row * lda + p])
            for j in 0..<n { c[j] += factor * Double(b[p * n + j]) }
          }
        }
      }
      return c
    }

    /// Rows at the edges of groups, and some others.
    static func rows(_ m: Int, _ group: Int) -> Set<Int> {
      Set([0, 1, group - 2, group - 1, group % m, (group + 1) % m, m - 2, m - 1] + stride(from: 5, to: m, by: 37))
    }

    @Test func sizesDecide() {
      let sizes = Self.sizes([64, 256, 512, 32])
      func takes(_ change: (inout ck_gemm) -> Void) -> Bool {
        var other = sizes
        change(&other)
        return ck_gemm_takes_strassen(&other)
      }
      #expect(takes { _ in } && takes { $0.packed_b = false } && takes { $0.m = 32 })
      for change: (inout ck_gemm) -> Void in [
        { $0.strassen_rows = 0 }, { $0.strassen_rows = 31 }, { $0.transpose_a = true }, { $0.alpha = 2 },
        { $0.beta = 1 }, { $0.m = 65 }, { $0.n = 255 }, { $0.k = 511 }, { $0.k = 513 },
      ] { #expect(!takes(change)) }
    }

    /// Small integers leave nothing to round: every element is exact, whatever is added to what.
    @Test(arguments: shapes, [0, 3]) func integersAreExact(_ shape: [Int], _ padding: Int) {
      var sizes = Self.sizes(shape, padding: padding)
      #expect(ck_gemm_takes_strassen(&sizes))
      var numbers = Numbers(31)
      let (m, n, ldc) = (shape[0], shape[1], Int(sizes.ldc))
      let a = numbers.integers(m * Int(sizes.lda), -9, 9).map { Float($0) }
      let b = numbers.integers(n * shape[2], -9, 9).map { Float($0) }
      let weights = Self.packed(b, sizes)
      let start = numbers.floats(m * ldc)
      let c = everyWay {
        output(start.count) { out in
          for i in start.indices { out[i] = i % ldc < n ? .nan : start[i] }
          ck_gemm_f32(out, a, weights, nil, &sizes)
        }
      }
      for i in Self.rows(m, shape[3]) {
        expectEqual(c[i * ldc..<i * ldc + n].map { Double($0) }, Self.row(i, a, b, sizes))
        expectEqual(Array(c[i * ldc + n..<(i + 1) * ldc]), Array(start[i * ldc + n..<(i + 1) * ldc]))
      }
      sizes.strassen_rows = 0
      let chains = output(start.count) { out in
        for i in start.indices { out[i] = start[i] }
        ck_gemm_f32(out, a, weights, nil, &sizes)
      }
      expectEqual(c, chains)
    }

    /// N. J. Higham, "Accuracy and Stability of Numerical Algorithms" (2nd edition, theorem 23.3): with one level of
    /// Winograd's form and h = k / 2, errors are at most 18 (h² + 6 h) u · max |a| · max |b|, here over the two rows and
    /// the two columns that meet. For numbers without bias 4 h takes the place of h² + 6 h.
    @Test(arguments: shapes) func errorsAreBounded(_ shape: [Int]) {
      var sizes = Self.sizes(shape)
      var numbers = Numbers(32)
      let (m, n, k) = (shape[0], shape[1], shape[2])
      let (left, half) = (n / 64 * 32, Double(k / 2))
      // Every row has its own magnitude, and so has every column.
      let rowScales = numbers.integers(m, -6, 6).map { Double(sign: .plus, exponent: $0, significand: 1) }
      let columnScales = numbers.integers(n, -6, 6).map { Double(sign: .plus, exponent: $0, significand: 1) }
      let a = numbers.floats(m * k).enumerated().map { Float(Double($1) * rowScales[$0 / k]) }
      let b = numbers.floats(k * n).enumerated().map { Float(Double($1) * columnScales[$0 % n]) }
      let weights = Self.packed(b, sizes)
      let c = everyWay { output(m * n) { ck_gemm_f32($0, a, weights, nil, &sizes) } }
      let unit = Double(Float.ulpOfOne) / 2
      let worst = 18 * (half * half + 6 * half) * unit
      let likely = 4 * 18 * half * unit
      for i in Self.rows(m, shape[3]) {
        let rowScale = max(rowScales[i], Self.partner(i, shape[3]).map { rowScales[$0] } ?? 0)
        for (j, expected) in Self.row(i, a, b, sizes).enumerated() {
          let other = j < left ? j + left : j < 2 * left ? j - left : j
          let scale = rowScale * max(columnScales[j], columnScales[other])
          let error = abs(Double(c[i * n + j]) - expected)
          #expect(error <= min(worst, likely) * scale, "row \(i), column \(j)")
        }
      }
    }

    /// The end of a product is the same as after chains of sums: integers up to the activation.
    @Test(arguments: Gemm.activations, [[74, 300, 514, 37], [280, 320, 1030, 140]]) func epilogues(
      _ activation: ck_activation, _ shape: [Int]
    ) {
      var sizes = Self.sizes(shape, padding: 1)
      var numbers = Numbers(33)
      let a = numbers.integers(shape[0] * Int(sizes.lda), -2, 2).map { Float($0) / 16 }
      let b = numbers.integers(shape[1] * shape[2], -2, 2).map { Float($0) / 16 }
      let weights = Self.packed(b, sizes)
      let bias = numbers.integers(shape[1], -64, 64).map { Float($0) / 32 }
      let residual = numbers.integers(shape[0] * Int(sizes.ldc), -64, 64).map { Float($0) / 32 }
      /// The output, and behind it what the activation was applied to.
      func run(keepsBefore: Bool, inPlace: Bool) -> [Float] {
        var kept: [Float] = []
        let c = output(residual.count) { out in
          for i in residual.indices { out[i] = residual[i] }
          kept = output(residual.count) { pre in
            for i in residual.indices { pre[i] = 0 }
            bias.withUnsafeBufferPointer { bias in
              residual.withUnsafeBufferPointer { residual in
                var epilogue = ck_epilogue(
                  bias: bias.baseAddress, activation: activation,
                  residual: inPlace ? UnsafePointer(out) : residual.baseAddress,
                  pre_activation: keepsBefore ? pre : nil)
                ck_gemm_f32(out, a, weights, &epilogue, &sizes)
              }
            }
          }
        }
        return c + kept
      }
      for keepsBefore in [false, true] {
        for inPlace in [false, true] where !inPlace || activation == CK_ACTIVATION_NONE && !keepsBefore {
          sizes.strassen_rows = Int64(shape[3])
          let c = everyWay { run(keepsBefore: keepsBefore, inPlace: inPlace) }
          sizes.strassen_rows = 0
          expectEqual(c, run(keepsBefore: keepsBefore, inPlace: inPlace))
        }
      }
    }

    /// An infinity or NaN reaches the elements of its own row or column and of the neighbour or half the columns away, and
    /// no others.
    @Test(arguments: [Float.nan, .infinity, -.infinity]) func whatIsNotFinite(_ value: Float) {
      let (m, n, k, group) = (111, 320, 512, 37)
      var sizes = Self.sizes([m, n, k, group])
      var numbers = Numbers(34)
      let a = numbers.floats(m * k)
      let b = numbers.floats(k * n)
      let clean = output(m * n) { ck_gemm_f32($0, a, Self.packed(b, sizes), nil, &sizes) }
      for row in [2, 39, 110] {
        var spoilt = a
        spoilt[row * k + 77] = value
        let weights = Self.packed(b, sizes)
        let c = everyWay { output(m * n) { ck_gemm_f32($0, spoilt, weights, nil, &sizes) } }
        for i in 0..<m where i != row && i != Self.partner(row, group) {
          expectEqual(Array(c[i * n..<(i + 1) * n]), Array(clean[i * n..<(i + 1) * n]))
        }
        #expect(c[row * n..<(row + 1) * n].allSatisfy { !$0.isFinite })
      }
      for column in [3, 163] {
        var spoilt = b
        spoilt[300 * n + column] = value
        let weights = Self.packed(spoilt, sizes)
        let c = everyWay { output(m * n) { ck_gemm_f32($0, a, weights, nil, &sizes) } }
        let untouched = c.indices.filter { $0 % n % 160 != 3 }
        expectEqual(untouched.map { c[$0] }, untouched.map { clean[$0] })
        #expect((0..<m).allSatisfy { !c[$0 * n + column].isFinite })
      }
    }

    /// A group's numbers are the same alone and among others, wherever it is, to the bit; and the same with weights that
    /// are not packed, transposed or not.
    @Test(arguments: shapes + [[512, 320, 1024, 32]]) func groupsAreOnTheirOwn(_ shape: [Int]) {
      let (m, n, k, group) = (shape[0], shape[1], shape[2], shape[3])
      var sizes = Self.sizes(shape)
      var numbers = Numbers(35)
      let a = numbers.floats(m * k)
      let b = numbers.floats(k * n)
      let weights = Self.packed(b, sizes)
      let c = everyWay { output(m * n) { ck_gemm_f32($0, a, weights, nil, &sizes) } }
      sizes.packed_b = false
      expectEqual(everyWay { output(m * n) { ck_gemm_f32($0, a, b, nil, &sizes) } }, c)
      var transposed = sizes
      (transposed.transpose_b, transposed.ldb) = (true, Int64(k))
      let columns = (0..<n * k).map { b[$0 % k * n + $0 / k] }
      expectEqual(everyWay { output(m * n) { ck_gemm_f32($0, a, columns, nil, &transposed) } }, c)
      (sizes.packed_b, sizes.m) = (true, Int64(group))
      for first in stride(from: 0, to: m, by: group) {
        let rows = Array(a[first * k..<(first + group) * k])
        let alone = output(group * n) { ck_gemm_f32($0, rows, weights, nil, &sizes) }
        expectEqual(alone, Array(c[first * n..<(first + group) * n]))
      }
    }

    /// Batch dimensions that are more rows are more groups.
    @Test func rowsOfABatch() {
      let (count, m, n, k) = (8, 33, 256, 512)
      var sizes = Self.sizes([m, n, k, m])
      var batch = ck_gemm_batch()
      batch.rank = 1
      (batch.dims.0, batch.c_strides.0, batch.a_strides.0) = (Int64(count), Int64(m * n), Int64(m * k))
      var numbers = Numbers(36)
      let a = numbers.floats(count * m * k)
      let weights = Self.packed(numbers.floats(k * n), sizes)
      let c = everyWay {
        output(count * m * n) { ck_gemm_batched_f32($0, a, weights, nil, &sizes, &batch) }
      }
      sizes.m = Int64(count * m)
      expectEqual(c, output(count * m * n) { ck_gemm_f32($0, a, weights, nil, &sizes) })
    }
  }
}
