import Graphs
import Tensors

/// ONNX's Adagrad (Duchi, Hazan and Singer 2011), for any number of tensors.
///
///     g = n X + G      H′ = H + g²      X′ = X − R / (1 + T d) · g / (√H′ + ε)
///
/// Inputs: R, T, every X, every G, every H. Outputs: every X′, every H′.
public struct Adagrad: Macro {
  public var decay: Float = 0
  public var epsilon: Float = 1e-6
  public var norm: Float = 0

  public init() {}
  public init(decay: Float, epsilon: Float, norm: Float) {
    (self.decay, self.epsilon, self.norm) = (decay, epsilon, norm)
  }

  public static let onnx: [ONNXForm<Self>] = OptimizerOperands.forms(
    "Adagrad",
    ["decay_factor": .float(\.decay), "epsilon": .float(\.epsilon), "norm_coefficient": .float(\.norm)])

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let operands = OptimizerOperands(inputs, kinds: 3) else { return nil }
    return operands.results { group in
      let (x, state) = (group[0], group[2])
      let rate = operands.rate.cast(to: x.scalar) / (1 + operands.count.cast(to: x.scalar) * decay)
      let gradient = group[1] + x * norm
      let sum = state + gradient * gradient
      return [x - rate * gradient / (sum.squareRoot() + epsilon), sum]
    }
  }
}
