import CKernels
import Testing

struct Product: Sendable, CustomTestStringConvertible {
  var m: Int, n: Int, k: Int
  var transposeA = false, transposeB = false
  var alpha: Float = 1, beta: Float = 0
  var padding = 0

  var testDescription: String { "\(m)×\(k)×\(n) \(transposeA ? "T" : "N")\(transposeB ? "T" : "N") +\(padding)" }
  var lda: Int { (transposeA ? m : k) + padding }
  var ldb: Int { (transposeB ? k : n) + padding }
  var ldc: Int { n + padding }
  var aCount: Int { (transposeA ? k : m) * lda }
  var bCount: Int { (transposeB ? n : k) * ldb }

  var sizes: ck_gemm {
    ck_gemm(
      m: Int64(m), n: Int64(n), k: Int64(k), lda: Int64(lda), ldb: Int64(ldb), ldc: Int64(ldc), transpose_a: transposeA,
      transpose_b: transposeB, alpha: alpha, beta: beta, packed_b: false, strassen_rows: 0)
  }

  /// alpha · op(a) op(b) [m, n] in double precision.
  func reference(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> [Double] {
    let a = a.map { Double($0) }
    let b = b.map { Double($0) }
    let (aRow, aColumn) = transposeA ? (1, lda) : (lda, 1)
    let (bRow, bColumn) = transposeB ? (1, ldb) : (ldb, 1)
    var c = [Double](repeating: 0, count: m * n)
    c.withUnsafeMutableBufferPointer { c in
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          for i in 0..<m {
            for p in 0..<k {
              let factor = Double(alpha) * a[i * aRow + p * aColumn]
              for j in 0..<n { c[i * n + j] += factor * b[p * bRow + j * bColumn] }
            }
          }
        }
      }
    }
    return c
  }

  static let all = [
    Product(m: 3, n: 4, k: 5), Product(m: 1, n: 300, k: 64), Product(m: 200, n: 1, k: 33),
    Product(m: 20, n: 320, k: 128, transposeB: true), Product(m: 320, n: 30, k: 96), Product(m: 33, n: 65, k: 0),
    Product(m: 64, n: 80, k: 96, transposeA: true, padding: 3),
    Product(m: 41, n: 37, k: 29, transposeA: true, transposeB: true),
    Product(m: 130, n: 130, k: 100, transposeB: true, alpha: 0.5, beta: 2, padding: 1), Product(m: 0, n: 3, k: 2),
    Product(m: 5, n: 6, k: 7, transposeA: true, alpha: -1, beta: 1, padding: 2),
  ]
}

extension KernelsTests {
  @Suite struct Gemm {
    @Test(arguments: Product.all) func products(_ product: Product) {
      var numbers = Numbers(16)
      var sizes = product.sizes
      let a = numbers.floats(product.aCount)
      let b = numbers.floats(product.bCount)
      let start = numbers.floats(product.m * product.ldc)
      let c = everyWay {
        output(start.count) { out in
          for i in start.indices { out[i] = product.beta == 0 && i % product.ldc < product.n ? .nan : start[i] }
          ck_gemm_f32(out, a, b, nil, &sizes)
        }
      }
      let reference = product.reference(a[...], b[...])
      let expected = start.indices.map { i -> Double in
        let column = i % product.ldc
        if column >= product.n { return Double(start[i]) }
        return reference[i / product.ldc * product.n + column]
          + (product.beta == 0 ? 0 : Double(product.beta * start[i]))
      }
      expectClose(c, expected, within: 2e-6)
    }

    /// Every element is one chain of fused multiply-adds, at every size of the last tile, packed or not, transposed or not.
    @Test(arguments: [1, 2, 5, 6, 7, 12, 13, 25], [1, 15, 16, 17, 33, 47, 64, 70])
    func chains(_ m: Int, _ n: Int) {
      var numbers = Numbers(20)
      for k in [1, 2, 31, 385, 800] {
        let a = numbers.floats(m * k)
        let b = numbers.floats(k * n)
        var expected = [Float](repeating: 0, count: m * n)
        for i in 0..<m {
          for j in 0..<n {
            var sum: Float = 0
            for p in 0..<k { sum.addProduct(a[i * k + p], b[p * n + j]) }
            expected[i * n + j] = sum
          }
        }
        let aT = (0..<k * m).map { a[$0 % m * k + $0 / m] }
        let bT = (0..<n * k).map { b[$0 % k * n + $0 / k] }
        for transposeA in [false, true] {
          for transposeB in [false, true] {
            var sizes = Product(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB).sizes
            let c = everyWay {
              output(m * n) { ck_gemm_f32($0, transposeA ? aT : a, transposeB ? bT : b, nil, &sizes) }
            }
            expectEqual(c, expected)
            var packed = output(Int(ck_gemm_packed_elements(Int64(k), Int64(n)))) {
              ck_gemm_pack_f32($0, transposeB ? bT : b, Int64(k), Int64(n), sizes.ldb, transposeB)
            }
            packed.append(.nan)
            sizes.packed_b = true
            expectEqual(
              everyWay { output(m * n) { ck_gemm_f32($0, transposeA ? aT : a, packed, nil, &sizes) } }, expected)
          }
        }
      }
    }

    @Test func packsFromAnyAddress() {
      let (k, n) = (37, 150)
      var numbers = Numbers(5)
      let b = numbers.floats(k * n)
      for transposeB in [false, true] {
        let count = Int(ck_gemm_packed_elements(Int64(k), Int64(n)))
        let expected = output(count) {
          ck_gemm_pack_f32($0, b, Int64(k), Int64(n), Int64(transposeB ? k : n), transposeB)
        }
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: 4 * k * n + 1, alignment: 64)
        defer { bytes.deallocate() }
        b.withUnsafeBytes {
          (bytes + 1).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(bytes), byteCount: $0.count)
        }
        let packed = output(count) {
          ck_gemm_pack_f32($0, bytes + 1, Int64(k), Int64(n), Int64(transposeB ? k : n), transposeB)
        }
        expectEqual(packed, expected)
      }
    }

    /// The emulation of fused multiply-add agrees with the processor's where double rounding would show, with signed
    /// zeros, subnormal numbers, infinities and NaN.
    @Test func hardNumbers() {
      let hard: [Float] = [
        0, -0.0, 1, -1, 1 + .ulpOfOne, 1 - .ulpOfOne / 2, 0x1.000002p-24, 0x1.fffffep-25, .leastNonzeroMagnitude,
        -.leastNonzeroMagnitude, .leastNormalMagnitude, Float.leastNormalMagnitude.nextDown, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, .infinity, -.infinity, .nan, 0x1.555556p0, -0x1.555554p-1, 0x1p-75, 0x1.8p-75,
      ]
      var numbers = Numbers(21)
      let random = (0..<40).map { _ in
        numbers.floats(1)[0] * Float(sign: .plus, exponent: numbers.integers(1, -30, 30)[0], significand: 1)
      }
      let all = hard + random
      var sizes = Product(m: all.count, n: all.count, k: 2).sizes
      for addend in all {
        // addend · 1 + a · b
        let a: [Float] = all.flatMap { x -> [Float] in [1, x] }
        let b = all.map { _ in addend } + all
        let c = everyWay { output(all.count * all.count) { ck_gemm_f32($0, a, b, nil, &sizes) } }
        let expected = all.flatMap { x in all.map { y in Float(0).addingProduct(1, addend).addingProduct(x, y) } }
        expectEqual(
          c.map { $0.isNaN ? UInt32.max : $0.bitPattern }, expected.map { $0.isNaN ? UInt32.max : $0.bitPattern })
      }
    }

    static let activations: [ck_activation] = [
      CK_ACTIVATION_NONE, CK_ACTIVATION_GELU, CK_ACTIVATION_GELU_TANH, CK_ACTIVATION_QUICK_GELU, CK_ACTIVATION_RELU,
    ]

    @Test(arguments: activations, [[37, 53, 20], [40, 192, 100]]) func epilogues(
      _ activation: ck_activation, _ shape: [Int]
    ) {
      let product = Product(m: shape[0], n: shape[1], k: shape[2], transposeB: true, padding: 2)
      var numbers = Numbers(17)
      var sizes = product.sizes
      let a = numbers.floats(product.aCount)
      let b = numbers.floats(product.bCount)
      let bias = numbers.floats(product.n)
      let residual = numbers.floats(product.m * product.ldc)
      let functions: [(Double) -> Double] = [
        { $0 }, Unary.gelu, Unary.geluTanh, { $0 * Unary.sigmoid(1.702 * $0) }, { max($0, 0) },
      ]
      let before = product.reference(a[...], b[...]).enumerated().map { $1 + Double(bias[$0 % product.n]) }
      let columns = (0..<product.m * product.n).map { $0 / product.n * product.ldc + $0 % product.n }
      for keepsBefore in [false, true] {
        var kept: [Float] = []
        let c = everyWay {
          output(residual.count) { out in
            for i in residual.indices { out[i] = 0 }
            kept = output(residual.count) { pre in
              for i in residual.indices { pre[i] = 0 }
              bias.withUnsafeBufferPointer { bias in
                residual.withUnsafeBufferPointer { residual in
                  var epilogue = ck_epilogue(
                    bias: bias.baseAddress, activation: activation, residual: residual.baseAddress,
                    pre_activation: keepsBefore ? pre : nil)
                  ck_gemm_f32(out, a, b, &epilogue, &sizes)
                }
              }
            }
          }
        }
        let function = functions[Int(activation.rawValue)]
        expectClose(
          columns.map { c[$0] }, zip(before, columns).map { function($0) + Double(residual[$1]) }, within: 2e-6)
        if keepsBefore { expectClose(columns.map { kept[$0] }, before, within: 2e-6) }
      }
    }

    @Test func residualMayBeTheOutput() {
      let product = Product(m: 90, n: 640, k: 400)
      var numbers = Numbers(18)
      var sizes = product.sizes
      let a = numbers.floats(product.aCount)
      let b = numbers.floats(product.bCount)
      let bias = numbers.floats(product.n)
      let residual = numbers.floats(90 * 640)
      func run(inPlace: Bool) -> [Float] {
        output(residual.count) { out in
          bias.withUnsafeBufferPointer { bias in
            residual.withUnsafeBufferPointer { residual in
              for i in residual.indices { out[i] = residual[i] }
              var epilogue = ck_epilogue(
                bias: bias.baseAddress, activation: CK_ACTIVATION_NONE,
                residual: inPlace ? UnsafePointer(out) : residual.baseAddress, pre_activation: nil)
              ck_gemm_f32(out, a, b, &epilogue, &sizes)
            }
          }
        }
      }
      expectEqual(everyWay { run(inPlace: true) }, everyWay { run(inPlace: false) })
    }

    /// Batches [outer, inner] with strides that are dense (true) or 0.
    @Test(
      arguments: [[true, true, true, true], [true, true, false, false], [true, false, false, true]],
      [[3, 5], [4, 40], [1, 1]])
    func batches(_ dense: [Bool], _ dims: [Int]) {
      for product in [Product(m: 20, n: 21, k: 32, transposeB: true, alpha: 0.125), Product(m: 7, n: 3, k: 2)] {
        var numbers = Numbers(19)
        var sizes = product.sizes
        let a = numbers.floats(product.aCount * dims[0] * dims[1])
        let b = numbers.floats(product.bCount * dims[0] * dims[1])
        func strides(_ count: Int, _ outer: Bool, _ inner: Bool) -> [Int] {
          [outer ? count * dims[1] : 0, inner ? count : 0]
        }
        let aStrides = strides(product.aCount, dense[0], dense[1])
        let bStrides = strides(product.bCount, dense[2], dense[3])
        let cCount = product.m * product.n
        let cStrides = strides(cCount, true, true)
        var batch = ck_gemm_batch()
        batch.rank = 2
        (batch.dims.0, batch.dims.1) = (Int64(dims[0]), Int64(dims[1]))
        (batch.a_strides.0, batch.a_strides.1) = (Int64(aStrides[0]), Int64(aStrides[1]))
        (batch.b_strides.0, batch.b_strides.1) = (Int64(bStrides[0]), Int64(bStrides[1]))
        (batch.c_strides.0, batch.c_strides.1) = (Int64(cStrides[0]), Int64(cStrides[1]))
        let c = everyWay { output(cCount * dims[0] * dims[1]) { ck_gemm_batched_f32($0, a, b, nil, &sizes, &batch) } }
        let expected = zip(positions(dims, aStrides), positions(dims, bStrides)).flatMap {
          product.reference(a[$0...], b[$1...])
        }
        expectClose(c, expected, within: 2e-6)
      }
    }

    /// Integers wrap; the right matrix is shared by a batch of two.
    @Test func integers() {
      var numbers = Numbers(77)
      let product = Product(m: 5, n: 7, k: 3)
      let a = numbers.integers(2 * 15, -9, 9).map { UInt64(bitPattern: Int64($0) << 61) }
      let b = numbers.integers(21, -9, 9).map { UInt64(bitPattern: Int64($0)) }
      var (sizes, batch) = (product.sizes, ck_gemm_batch())
      (batch.rank, batch.dims.0, batch.c_strides.0, batch.a_strides.0) = (1, 2, 35, 15)
      func reference<T: FixedWidthInteger>(_ a: [T], _ b: [T], _ rows: Int) -> [T] {
        var c = [T](repeating: 0, count: rows * 7)
        for at in c.indices {
          for i in 0..<3 {
            let (left, right): (T, T) = (a[at / 7 * 3 + i], b[i * 7 + at % 7])
            c[at] = c[at] &+ left &* right
          }
        }
        return c
      }
      let expected = reference(a, b, 10)
      expectEqual(everyWay { output(70, as: UInt64.self) { ck_gemm_u64($0, a, b, &sizes, &batch) } }, expected)
      let (small, right) = (a.map { UInt32(truncatingIfNeeded: $0 >> 32) }, b.map { UInt32(truncatingIfNeeded: $0) })
      let single = reference(small, right, 5)
      expectEqual(everyWay { output(35, as: UInt32.self) { ck_gemm_u32($0, small, right, &sizes, nil) } }, single)
    }
  }
}
