import Graphs
import Tensors

/// alpha · op(A) · op(B), as ONNX Runtime fuses it: op may swap the last two axes, and before that move the first axis of
/// batches behind the others (`transBatch`).
public struct MicrosoftFusedMatMul: Macro {
  public var alpha: Float = 1
  public var transposeA = false
  public var transposeB = false
  public var transposeBatchA = false
  public var transposeBatchB = false

  public init() {}
  public init(
    alpha: Float = 1, transposeA: Bool = false, transposeB: Bool = false, transposeBatchA: Bool = false,
    transposeBatchB: Bool = false
  ) {
    (self.alpha, self.transposeA, self.transposeB) = (alpha, transposeA, transposeB)
    (self.transposeBatchA, self.transposeBatchB) = (transposeBatchA, transposeBatchB)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "FusedMatMul", domain: Catalogue.microsoft, since: 1, inputs: 2,
      [
        "alpha": .float(\.alpha), "transA": .bool(\.transposeA), "transB": .bool(\.transposeB),
        "transBatchA": .bool(\.transposeBatchA), "transBatchB": .bool(\.transposeBatchB),
      ], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let a = inputs[0], let b = inputs[1] else { return nil }
    let left = operand(a, swapped: transposeA, batch: transposeBatchA)
    let right = operand(b, swapped: transposeB, batch: transposeBatchB)
    let product = left.matmul(right)
    return [alpha == 1 ? product : product * alpha]
  }

  /// [b₀, b₁, …, M, K] → [b₁, …, M, b₀, K] with `batch`, then the last two axes swapped. Vectors stay.
  private func operand(_ x: Tensor, swapped: Bool, batch: Bool) -> Tensor {
    guard x.rank >= 2 else { return x }
    var axes = Array(0..<x.rank)
    if batch, x.rank >= 3 { axes = Array(1..<x.rank - 1) + [0, x.rank - 1] }
    if swapped { axes.swapAt(x.rank - 1, x.rank - 2) }
    return axes == Array(0..<x.rank) ? x : x.transposed(axes)
  }
}
