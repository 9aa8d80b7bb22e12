import CKernels
import Graphs
import Tensors

/// Sizes of a (batched) product of matrices, for `infer` and for `bind`.
///
/// Operands are [..., M, K] and [..., K, N] (the last two axes swapped where transposed); batch axes broadcast. A vector on
/// the left is one row, on the right one column, and the result loses that axis.
struct MatrixProduct: Sendable {
  var sizes: ck_gemm
  /// nil for a single product.
  var batch: ck_gemm_batch?
  var flops: Int

  static func infer(
    _ a: TensorType, _ b: TensorType, transposeA: Bool = false, transposeB: Bool = false
  ) throws(ShapeError) -> TensorType {
    try require(a.scalar == b.scalar, "operands are of two types: \(a.scalar) and \(b.scalar)")
    try require(a.shape.rank >= 1 && b.shape.rank >= 1, "operands must not be scalars: \(a.shape) × \(b.shape)")
    let left = a.shape.rank == 1 ? [1] + a.shape.dimensions : a.shape.dimensions
    let right = b.shape.rank == 1 ? b.shape.dimensions + [1] : b.shape.dimensions
    let (rows, inner) =
      transposeA ? (left[left.count - 1], left[left.count - 2]) : (left[left.count - 2], left[left.count - 1])
    let (depth, columns) =
      transposeB ? (right[right.count - 1], right[right.count - 2]) : (right[right.count - 2], right[right.count - 1])
    _ = try agreed(inner, depth, "inner dimensions differ: \(a.shape) × \(b.shape)")
    var result = try Broadcasting.shape([Shape(Array(left.dropLast(2))), Shape(Array(right.dropLast(2)))]).dimensions
    if a.shape.rank > 1 { result.append(rows) }
    if b.shape.rank > 1 { result.append(columns) }
    return TensorType(a.scalar, Shape(result))
  }

  /// Plans the product of concrete operands.
  init(_ a: [Int], _ b: [Int], transposeA: Bool = false, transposeB: Bool = false, alpha: Float = 1) throws(ShapeError)
  {
    let left = a.count == 1 ? [1] + a : a
    let right = b.count == 1 ? b + [1] : b
    let (storedRows, storedColumns) = (left[left.count - 2], left[left.count - 1])
    var m = transposeA ? storedColumns : storedRows
    let k = transposeA ? storedRows : storedColumns
    let n = transposeB ? right[right.count - 2] : right[right.count - 1]
    let (leftBatch, rightBatch) = (Array(left.dropLast(2)), Array(right.dropLast(2)))
    let rank = max(leftBatch.count, rightBatch.count)
    let one = [Int](repeating: 1, count: rank)
    let leftDims = one.dropLast(leftBatch.count) + leftBatch
    let rightDims = one.dropLast(rightBatch.count) + rightBatch
    let dims = zip(leftDims, rightDims).map { $0 == 1 ? $1 : $0 }
    var count = dims.reduce(1, *)
    if count != 1, !transposeA, rightBatch.allSatisfy({ $0 == 1 }) {
      // The right matrix is shared: the batch is more rows.
      m *= count
      count = 1
    }
    sizes = ck_gemm(
      m: Int64(m), n: Int64(n), k: Int64(k), lda: Int64(max(storedColumns, 1)),
      ldb: Int64(max(right[right.count - 1], 1)),
      ldc: Int64(max(n, 1)), transpose_a: transposeA, transpose_b: transposeB, alpha: alpha, beta: 0, packed_b: false,
      strassen_rows: 0)
    flops = saturatingProduct(2, count, m, n, k)
    batch = nil
    guard count != 1 else { return }
    try require(rank <= Int(CK_MAX_RANK), "batched products take at most \(CK_MAX_RANK) batch dimensions, not \(rank)")
    var plan = ck_gemm_batch()
    plan.rank = Int32(rank)
    MatrixProduct.fill(&plan.dims, dims)
    MatrixProduct.fill(&plan.c_strides, MatrixProduct.strides(dims, of: dims, innermost: m * n))
    MatrixProduct.fill(&plan.a_strides, MatrixProduct.strides(Array(leftDims), of: dims, innermost: m * k))
    MatrixProduct.fill(&plan.b_strides, MatrixProduct.strides(Array(rightDims), of: dims, innermost: k * n))
    batch = plan
  }

  /// Takes Strassen's method for large products with a constant right matrix; neighbouring rows of the left one's last two
  /// axes are then computed together.
  mutating func useStrassen(_ site: CallSite) {
    guard batch == nil, !sizes.transpose_a, site.input(0).rank >= 3, site.input(1).constant != nil else { return }
    sizes.strassen_rows = Int64(site.input(0).sizes[site.input(0).rank - 2])
    if ck_gemm_takes_strassen(&sizes) { flops = flops / 8 * 7 }
  }

  /// Reads the right matrix packed, where it is a constant.
  ///
  /// - Parameter input: its position among the kernel's operands.
  mutating func packings(_ site: CallSite, input: Int) -> [WeightPacking] {
    guard site.packsWeights, batch == nil, let constant = site.input(input).constant, sizes.k > 0, sizes.n > 0,
      !(site.defersPacking && (constant.isAligned || sizes.transpose_b))
    else { return [] }
    let stored = sizes
    sizes.packed_b = true
    let layout = "panels \(stored.k) × \(stored.n)\(stored.transpose_b ? ", transposed" : "")"
    let bytes = Int(ck_gemm_packed_elements(stored.k, stored.n)) * MemoryLayout<Float>.size
    var packing = WeightPacking(input: input, layout: layout, byteCount: bytes) { packed, operand in
      ck_gemm_pack_f32(
        packed.assumingMemoryBound(to: Float.self), operand, stored.k, stored.n, stored.ldb, stored.transpose_b)
    }
    packing.takesAnyAddress = true
    return [packing]
  }

  /// Whether the right matrix, if it is not packed, may lie at any address: then it is only copied.
  var takesAnyAddress: Bool { batch == nil && sizes.transpose_b }

  /// Bytes of scratch that `run` is faster with: for the right matrix in panels, where that is no constant and many rows
  /// are multiplied with it.
  var scratchByteCount: Int {
    guard batch == nil, !sizes.packed_b, sizes.m >= 384, sizes.k >= 64, sizes.n >= 64 else { return 0 }
    return saturatingProduct(Int(ck_gemm_packed_elements(sizes.k, sizes.n)), MemoryLayout<Float>.size)
  }

  /// - Parameter scratch: `scratchByteCount` bytes, if any.
  func run(
    _ c: UnsafeMutablePointer<Float>?, _ a: UnsafePointer<Float>?, _ b: UnsafePointer<Float>?,
    _ epilogue: UnsafePointer<ck_epilogue>? = nil, scratch: UnsafeMutableRawPointer?
  ) {
    if let packed = scratch?.assumingMemoryBound(to: Float.self), scratchByteCount > 0 {
      ck_gemm_pack_f32(packed, b, sizes.k, sizes.n, sizes.ldb, sizes.transpose_b)
      var sizes = sizes
      sizes.packed_b = true
      ck_gemm_f32(c, a, packed, epilogue, &sizes)
      return
    }
    withSizes { sizes, batch in
      if let batch {
        ck_gemm_batched_f32(c, a, b, epilogue, sizes, batch)
      } else {
        ck_gemm_f32(c, a, b, epilogue, sizes)
      }
    }
  }

  func withSizes(_ body: (UnsafePointer<ck_gemm>, UnsafePointer<ck_gemm_batch>?) -> Void) {
    withUnsafePointer(to: sizes) { sizes in
      if let batch { withUnsafePointer(to: batch) { body(sizes, $0) } } else { body(sizes, nil) }
    }
  }

  /// The kernel of a product of operands 0 and 1.
  func kernel(_ site: CallSite) -> Kernel {
    var product = self
    let packings = product.packings(site, input: 1)
    var kernel = Kernel(kernelName, flops: flops, bytes: site.traffic) { [product] b in
      product.run(b.output(), b.input(0), b.input(1), scratch: b.scratch)
    }
    kernel.scratch = product.scratchByteCount
    // Small matrices do not fill a tile of the kernel.
    if min(sizes.m, sizes.n, sizes.k) >= 16 { kernel.effort = 1 }
    kernel.packings = packings
    if product.takesAnyAddress { kernel.anyAddress = [1] }
    return kernel
  }

  var kernelName: String { batch == nil ? "ck_gemm_f32" : "ck_gemm_batched_f32" }

  /// Dense strides of `dims`; 0 along axes of `result` that the operand repeats.
  private static func strides(_ dims: [Int], of result: [Int], innermost: Int) -> [Int] {
    var strides = [Int](repeating: 0, count: dims.count)
    var step = innermost
    for axis in dims.indices.reversed() {
      strides[axis] = dims[axis] == 1 && result[axis] != 1 ? 0 : step
      step *= dims[axis]
    }
    return strides
  }

  /// Writes numbers into a C array, which Swift sees as a tuple.
  private static func fill<Tuple>(_ tuple: inout Tuple, _ numbers: [Int]) {
    withUnsafeMutableBytes(of: &tuple) { bytes in
      for (target, number) in zip(bytes.bindMemory(to: Int64.self).indices, numbers) {
        bytes.storeBytes(of: Int64(number), toByteOffset: target * MemoryLayout<Int64>.stride, as: Int64.self)
      }
    }
  }
}
