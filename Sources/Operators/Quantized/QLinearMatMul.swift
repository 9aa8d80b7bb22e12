import Graphs
import Tensors

/// The product of quantised matrices, quantised: exact sums, scaled in single precision.
///
/// Inputs: a, its scale and zero point, b, its scale and zero point, y's scale and zero point.
public struct QLinearMatMul: Macro {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>("QLinearMatMul", since: 21, inputs: 8), ONNXForm<Self>("QLinearMatMul", since: 10, inputs: 8),
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    let x = inputs.compactMap { $0 }
    guard x.count == 8 else { return nil }
    let sums = x[0].matmulInteger(x[3], zero: x[2], zeroB: x[5])
    let left = x[1].rank == 1 && x[1].shape[0].constant != 1 ? x[1].unsqueezed([1]) : x[1]
    return [sums.requantized(left, x[4], to: x[6], zero: x[7])]
  }
}

extension Tensor {
  /// saturate(round(self · a · b / scale) + zero) for sums of products that were scaled by a and b.
  func requantized(_ a: Tensor, _ b: Tensor, to scale: Tensor, zero: Tensor) -> Tensor {
    func single(_ x: Tensor) -> Tensor { x.cast(to: .float32) }
    let factor = single(a) * single(b) / single(scale)
    return (cast(to: .float32) * factor).saturated(zero: zero, to: zero.scalar)
  }
}
