import Graphs
import Tensors

/// ONNX's Momentum: gradient descent with momentum, for any number of tensors.
///
///     g = n X + G      V′ = α V + β g (g at the first update, where T = 0)
///     X′ = X − R V′, or, as Nesterov has it, X − R (g + α V′)
///
/// Inputs: R, T, every X, every G, every V. Outputs: every X′, every V′.
public struct Momentum: Macro {
  public enum Mode: String, Hashable, Sendable {
    case standard, nesterov
  }

  /// These four have no default in ONNX.
  public var alpha: Float?
  public var beta: Float?
  public var norm: Float?
  public var mode = Mode?.none

  public init() {}
  public init(alpha: Float, beta: Float, norm: Float, mode: Mode) {
    (self.alpha, self.beta, self.norm, self.mode) = (alpha, beta, norm, mode)
  }

  public static let onnx: [ONNXForm<Self>] = OptimizerOperands.forms(
    "Momentum",
    [
      "alpha": .optionalFloat(\.alpha), "beta": .optionalFloat(\.beta), "norm_coefficient": .optionalFloat(\.norm),
      "mode": AttributeCoding(
        encode: { $0.mode.map { .string($0.rawValue) } },
        decode: { op, value throws(ShapeError) in
          guard case .string(let text) = value, let mode = Mode(rawValue: text) else {
            throw ShapeError("must be standard or nesterov")
          }
          op.mode = mode
        }),
    ])

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let operands = OptimizerOperands(inputs, kinds: 3) else { return nil }
    guard let alpha, let beta, let norm, let mode else {
      operands.rate.builder.record(
        .unsupported, at: operands.rate.builder.path, "Momentum needs alpha, beta, mode and norm_coefficient")
      return nil
    }
    return operands.results { group in
      let x = group[0]
      let rate = operands.rate.cast(to: x.scalar)
      let gradient = group[1] + x * norm
      let isLater = operands.count.greater(than: operands.count.scalar(0))
      let momentum = group[2] * alpha + isLater.select(x.scalar(beta), x.scalar(1)) * gradient
      return [x - rate * (mode == .standard ? momentum : gradient + momentum * alpha), momentum]
    }
  }
}
