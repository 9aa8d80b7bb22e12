import Foundation
import Graphs
import Operators
import Tensors

/// A smooth ramp: log(1 + eˣ). The one file of a new operator: its spelling, its types, its meaning, its kernel.
///
/// The gradient is that of the definition, since nothing else is said here.
struct Softplus: Operator {
  init() {}

  static let onnx = [ONNXForm<Self>("Softplus", since: 1, inputs: 1)]

  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].scalar == .float32, "x must be f32, not \(x[0].scalar)")
    return [x[0]]
  }

  func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [(x.exp() + 1).log()]
  }

  func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let count = site.output().count
    return Kernel("softplus", flops: 3 * count, bytes: 8 * count, inPlace: [.init(input: 0)]) { buffers in
      guard let y = buffers.output(as: Float.self), let x = buffers.input(0, as: Float.self) else { return }
      // max(x, 0) + log(1 + e^−|x|) is the same and never overflows.
      for index in 0..<count { y[index] = max(x[index], 0) + log1p(exp(-abs(x[index]))) }
    }
  }
}

extension Tensor {
  /// log(1 + eˣ)
  func softplus() -> Tensor { builder.apply(Softplus(), [self]) }
}
