import Graphs
import Tensors

/// ONNX's Adam (Kingma and Ba 2015), for any number of tensors. Unlike `AdamW` it adds ε before it corrects the averages,
/// and its decay is a factor of its own.
///
///     g = n X + G      V′ = α V + (1 − α) g      H′ = β H + (1 − β) g²
///     X′ = (1 − p) (X − r V′ / (√H′ + ε)), where r = R √(1 − βᵀ) / (1 − αᵀ), or R where T = 0
///
/// Inputs: R, T, every X, every G, every V, every H. Outputs: every X′, every V′, every H′.
public struct Adam: Macro {
  public var alpha: Float = 0.9
  public var beta: Float = 0.999
  public var epsilon: Float = 1e-6
  public var norm: Float = 0
  public var normAfter: Float = 0

  public init() {}
  public init(alpha: Float, beta: Float, epsilon: Float, norm: Float, normAfter: Float) {
    (self.alpha, self.beta, self.epsilon) = (alpha, beta, epsilon)
    (self.norm, self.normAfter) = (norm, normAfter)
  }

  public static let onnx: [ONNXForm<Self>] = OptimizerOperands.forms(
    "Adam",
    [
      "alpha": .float(\.alpha), "beta": .float(\.beta), "epsilon": .float(\.epsilon),
      "norm_coefficient": .float(\.norm), "norm_coefficient_post": .float(\.normAfter),
    ])

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let operands = OptimizerOperands(inputs, kinds: 4) else { return nil }
    return operands.results { group in
      let x = group[0]
      let (rate, count) = (operands.rate.cast(to: x.scalar), operands.count.cast(to: x.scalar))
      let corrected = rate * (1 - x.scalar(beta).pow(count)).squareRoot() / (1 - x.scalar(alpha).pow(count))
      let gradient = group[1] + x * norm
      let first = group[2] * alpha + gradient * (1 - alpha)
      let second = group[3] * beta + gradient * gradient * (1 - beta)
      let step = count.greater(than: x.scalar(0)).select(corrected, rate)
      let moved = x - step * first / (second.squareRoot() + epsilon)
      return [moved * (1 - normAfter), first, second]
    }
  }
}
