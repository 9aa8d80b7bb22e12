import Graphs
import Tensors

/// Layer normalisation of a sum: x + skip (+ bias), normalised over the last axis.
///
/// Inputs: x [B, L, D], skip (which broadcasts to it), scale [D], shift [D]?, bias [D]?. Outputs: the result, the mean and
/// 1 / √(var + ε) of every row, and the sum.
public struct SkipLayerNormalization: Macro {
  public var epsilon: Float = 1e-12

  public init() {}
  public init(epsilon: Float) { self.epsilon = epsilon }

  public static let onnx = [
    ONNXForm<Self>(
      "SkipLayerNormalization", domain: Catalogue.microsoft, since: 1, inputs: Arity(3...5), outputs: Arity(1...4),
      ["epsilon": .float(\.epsilon)], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 3, let x = inputs[0], let skip = inputs[1], let scale = inputs[2] else { return nil }
    let sum = x.skipped(skip, bias: inputs.count > 4 ? inputs[4] : nil)
    let op = LayerNormalization(axis: -1, epsilon: epsilon)
    return x.builder.apply(op, [sum, scale, inputs.count > 3 ? inputs[3] : nil], outputs: 3) + [sum]
  }
}

/// Root-mean-square normalisation of a sum: x + skip (+ bias), scaled over the last axis.
///
/// Inputs: x [B, L, D], skip (which broadcasts to it), scale [D], bias [D]?. Outputs: the result, zeros that stand for the
/// mean, 1 / √(mean square + ε) of every row, and the sum.
public struct SkipSimplifiedLayerNormalization: Macro {
  public var epsilon: Float = 1e-12

  public init() {}
  public init(epsilon: Float) { self.epsilon = epsilon }

  public static let onnx = [
    ONNXForm<Self>(
      "SkipSimplifiedLayerNormalization", domain: Catalogue.microsoft, since: 1, inputs: Arity(3...4),
      outputs: Arity(1...4), ["epsilon": .float(\.epsilon)], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 3, let x = inputs[0], let skip = inputs[1], let scale = inputs[2] else { return nil }
    let sum = x.skipped(skip, bias: inputs.count > 3 ? inputs[3] : nil)
    let results = sum.rmsNormalization(scale: scale, epsilon: epsilon)
    return [results.y, results.inverse - results.inverse, results.inverse, sum]
  }
}

extension Tensor {
  fileprivate func skipped(_ skip: Tensor, bias: Tensor?) -> Tensor { (bias.map { self + $0 } ?? self) + skip }
}
