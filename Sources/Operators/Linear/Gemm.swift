import CKernels
import Graphs
import Tensors

/// The general matrix product: Y = alpha · op(A) [M, K] · op(B) [K, N] + beta · C, with C broadcast to [M, N].
public struct Gemm: Operator {
  public var alpha: Float = 1
  public var beta: Float = 1
  public var transposeA = false
  public var transposeB = false

  public init() {}
  public init(alpha: Float = 1, beta: Float = 1, transposeA: Bool = false, transposeB: Bool = false) {
    (self.alpha, self.beta, self.transposeA, self.transposeB) = (alpha, beta, transposeA, transposeB)
  }

  private static func form(since: Int, inputs: Arity) -> ONNXForm<Self> {
    ONNXForm(
      "Gemm", since: since, inputs: inputs,
      [
        "alpha": .float(\.alpha), "beta": .float(\.beta), "transA": .bool(\.transposeA), "transB": .bool(\.transposeB),
      ])
  }

  public static let onnx = [
    form(since: 13, inputs: Arity(2...3)), form(since: 11, inputs: Arity(2...3)), form(since: 7, inputs: 3),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].shape.rank == 2 && x[1].shape.rank == 2, "takes matrices, not \(x[0].shape) × \(x[1].shape)")
    let result = try MatrixProduct.infer(x[0], x[1], transposeA: transposeA, transposeB: transposeB)
    guard x.has(2) else { return [result] }
    let c = x[2].shape
    try require(x[2].scalar == result.scalar, "c is \(x[2].scalar), but the product is \(result.scalar)")
    try require(c.rank <= 2, "c is \(c), but must broadcast to \(result.shape)")
    for (mine, wanted) in zip(c.dimensions.reversed(), result.shape.dimensions.reversed()) where mine != 1 {
      _ = try agreed(mine, wanted, "c is \(c), but must broadcast to \(result.shape)")
    }
    return [result]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 2, let a = inputs[0], let b = inputs[1] else { return nil }
    var product = (transposeA ? a.transposed() : a).matmul(transposeB ? b.transposed() : b)
    if alpha != 1 { product = product * alpha }
    guard inputs.count > 2, let c = inputs[2] else { return [product] }
    return [product + (beta == 1 ? c : c * beta)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, kernel: name)
    var product = try MatrixProduct(
      site.input(0).sizes, site.input(1).sizes, transposeA: transposeA, transposeB: transposeB, alpha: alpha)
    guard site.has(2), beta != 0 else { return product.kernel(site) }
    let packings = product.packings(site, input: 1)
    let (rows, columns) = (site.output().sizes[0], site.output().sizes[1])
    let c = [Int](repeating: 1, count: 2 - site.input(2).rank) + site.input(2).sizes
    let isBias = beta == 1 && c == [1, columns]
    if !isBias { product.sizes.beta = beta }
    // A bias is added at the end; another C is spread over the output first, and the product is added to it.
    var spread = ck_strided()
    let columnStride: Int64 = c[1] == 1 ? 0 : 1
    ck_strided_make(
      &spread, 2, [Int64(rows), Int64(columns)], [Int64(columns), 1], [c[0] == 1 ? 0 : Int64(c[1]), columnStride])
    var kernel = Kernel(product.kernelName, flops: product.flops, bytes: site.traffic) { [product, spread] b in
      if !isBias { withUnsafePointer(to: spread) { ck_copy_strided(b.rawOutput(), b.rawInput(2), $0, 4) } }
      let epilogue = ck_epilogue(
        bias: isBias ? b.input(2) : nil, activation: CK_ACTIVATION_NONE, residual: nil, pre_activation: nil)
      withUnsafePointer(to: epilogue) { product.run(b.output(), b.input(0), b.input(1), $0, scratch: b.scratch) }
    }
    (kernel.packings, kernel.scratch) = (packings, product.scratchByteCount)
    if product.takesAnyAddress { kernel.anyAddress = [1] }
    return kernel
  }
}

extension Tensor {
  /// alpha · op(self) [M, K] · op(b) [K, N] + beta · c
  public func gemm(
    _ b: Tensor, _ c: Tensor? = nil, alpha: Float = 1, beta: Float = 1, transposeA: Bool = false,
    transposeB: Bool = false
  ) -> Tensor {
    builder.apply(Gemm(alpha: alpha, beta: beta, transposeA: transposeA, transposeB: transposeB), [self, b, c])
  }
}
