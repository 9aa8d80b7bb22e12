import Graphs
import Tensors

/// alpha · op(A) · op(B), where op swaps the last two axes or not; batch axes broadcast.
public struct FusedMatMul: Operator {
  public var transposeA = false
  public var transposeB = false
  public var alpha: Float = 1

  public init() {}
  public init(transposeA: Bool, transposeB: Bool, alpha: Float = 1) {
    (self.transposeA, self.transposeB, self.alpha) = (transposeA, transposeB, alpha)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "FusedMatMul", domain: Catalogue.domain, since: 1, inputs: 2,
      ["transposeA": .bool(\.transposeA), "transposeB": .bool(\.transposeB), "alpha": .float(\.alpha)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].shape.rank >= 2 && x[1].shape.rank >= 2, "takes matrices, not \(x[0].shape) × \(x[1].shape)")
    return [try MatrixProduct.infer(x[0], x[1], transposeA: transposeA, transposeB: transposeB)]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let a = inputs[0], let b = inputs[1] else { return nil }
    let product = (transposeA ? a.transposed() : a).matmul(transposeB ? b.transposed() : b)
    return [alpha == 1 ? product : product * alpha]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, kernel: name)
    return try MatrixProduct(
      site.input(0).sizes, site.input(1).sizes, transposeA: transposeA, transposeB: transposeB, alpha: alpha
    ).kernel(site)
  }
}

extension Tensor {
  /// alpha · op(self) · op(b), where op swaps the last two axes or not.
  public func matmul(_ b: Tensor, transposeA: Bool, transposeB: Bool, alpha: Float = 1) -> Tensor {
    builder.apply(FusedMatMul(transposeA: transposeA, transposeB: transposeB, alpha: alpha), [self, b])
  }
}
