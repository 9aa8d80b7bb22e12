import CKernels
import Graphs
import Tensors

/// The product of matrices of bytes, less their zero points, with exact sums: [..., M, K] × [..., K, N] → [..., M, N], int32.
///
/// Inputs: a, b, a's zero point and b's (optional): one for all, one for each row of a, one for each column of b.
public struct MatMulInteger: Elaborated {
  public init() {}

  public static let onnx = [ONNXForm<Self>("MatMulInteger", since: 10, inputs: Arity(2...4, optional: [2]))]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    for index in [0, 1, 2, 3] where x.has(index) {
      let type = x[index].scalar
      try require(type == .uint8 || type == .int8, "input \(index) must be of bytes, not \(type)")
    }
    for index in 0...1 where x.has(index + 2) {
      try require(
        x[index + 2].scalar == x[index].scalar, "the zero point is \(x[index + 2]), but goes with \(x[index])")
    }
    var (a, b) = (x[0], x[1])
    (a.scalar, b.scalar) = (.int32, .int32)
    return [try MatrixProduct.infer(a, b)]
  }

  /// Stacks of right matrices, vectors, and zero points of other shapes are products of int32.
  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard inputs.count >= 2, let a = inputs[0], let b = inputs[1] else { return nil }
    func zero(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
    func isPlain(_ zero: Tensor?, along: Dimension?) -> Bool {
      guard let zero else { return true }
      return zero.shape.elementCount.constant == 1 || (zero.rank == 1 && along != nil && zero.shape[0] == along)
    }
    if a.rank >= 2, b.rank == 2, isPlain(zero(2), along: a.rank == 2 ? a.shape[0] : nil),
      isPlain(zero(3), along: b.shape[1])
    {
      return nil
    }
    func whole(_ x: Tensor, _ zero: Tensor?, column: Bool) -> Tensor {
      let wide = x.cast(to: .int32)
      guard var zero = zero?.cast(to: .int32) else { return wide }
      if zero.rank == 1, !column, zero.shape[0].constant != 1 { zero = zero.unsqueezed([1]) }
      return wide - zero
    }
    return [whole(a, zero(2), column: false).matmul(whole(b, zero(3), column: true))]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (a, b) = (site.input(0), site.input(1))
    try require(a.rank >= 2 && b.rank == 2, "is planned for [..., M, K] × [K, N], not \(a.sizes) × \(b.sizes)")
    let (k, n) = (b.sizes[0], b.sizes[1])
    let m = a.sizes.dropLast().reduce(1, *)
    var sizes = ck_integer_product(m: Int64(m), n: Int64(n), k: Int64(k), packed_b: false)
    let zeros = [2, 3].map { index in site.has(index) ? site.input(index).count : 0 }
    let packings = Self.packing(site, zeroCount: zeros[1])
    sizes.packed_b = !packings.isEmpty
    let scratch = withUnsafePointer(to: sizes) { Int(ck_integer_product_scratch($0)) }
    let isSigned = (a.scalar == .int8, b.scalar == .int8)
    var kernel = Kernel(
      "ck_integer_product", flops: saturatingProduct(2, m, n, k), bytes: site.traffic, scratch: scratch
    ) { [sizes] p in
      var left = ck_bytes(
        elements: p.rawInput(0), zeros: zeros[0] > 0 ? p.rawInput(2) : nil, zero_count: Int64(zeros[0]),
        is_signed: isSigned.0)
      var right = ck_bytes(
        elements: p.rawInput(1), zeros: zeros[1] > 0 ? p.rawInput(3) : nil, zero_count: Int64(zeros[1]),
        is_signed: isSigned.1)
      withUnsafePointer(to: sizes) { ck_integer_product_s32(p.output(), &left, &right, $0, p.scratch) }
    }
    kernel.packings = packings
    return kernel
  }

  /// b as the kernel reads it, where b and its zero points are constants.
  private static func packing(_ site: CallSite, zeroCount: Int) -> [WeightPacking] {
    let b = site.input(1)
    let zeros = site.has(3) ? site.input(3).constant : nil
    guard site.packsWeights, b.constant != nil, zeroCount == 0 || zeros != nil, b.count > 0 else { return [] }
    let (k, n, isSigned) = (Int64(b.sizes[0]), Int64(b.sizes[1]), b.scalar == .int8)
    let layout = "pairs \(k) × \(n) less \(zeros?.integers?.description ?? "nothing")"
    return [
      WeightPacking(input: 1, layout: layout, byteCount: Int(ck_integer_packed_bytes(k, n))) { packed, operand in
        var matrix = ck_bytes(
          elements: operand, zeros: zeros.map { UnsafeRawPointer($0.address) }, zero_count: Int64(zeroCount),
          is_signed: isSigned)
        ck_integer_pack(packed.assumingMemoryBound(to: Int16.self), &matrix, k, n)
      }
    ]
  }
}

extension Tensor {
  /// (self − zero) · (b − b's zero) of bytes, as int32.
  func matmulInteger(_ b: Tensor, zero: Tensor?, zeroB: Tensor?) -> Tensor {
    let op = MatMulInteger()
    let inputs = [self, b, zero, zeroB]
    return op.elaboration(inputs, outputs: 1)?.first ?? builder.apply(op, inputs)
  }
}
