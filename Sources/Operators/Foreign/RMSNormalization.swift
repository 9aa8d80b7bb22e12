import Graphs
import Tensors

/// Scales every row to a mean square of one (Zhang and Sennrich 2019): y = x / √(mean x² + ε) · scale.
///
/// A row is everything from `axis` on.
public struct RMSNormalization: Macro {
  public var axis = -1
  public var epsilon: Float = 1e-5

  public init() {}
  public init(axis: Int, epsilon: Float) { (self.axis, self.epsilon) = (axis, epsilon) }

  public static let onnx = [
    ONNXForm<Self>(
      "RMSNormalization", since: 23, inputs: 2,
      ["axis": .int(\.axis), "epsilon": .float(\.epsilon), "stash_type": .fixed(.int(1))])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let x = inputs[0], let scale = inputs[1] else { return nil }
    return [x.rmsNormalization(scale: scale, epsilon: epsilon, axis: axis).y]
  }
}

/// The same as ONNX Runtime writes it, into the standard's domain. The second output is 1 / √(mean x² + ε).
public struct SimplifiedLayerNormalization: Macro {
  public var axis = -1
  public var epsilon: Float = 1e-5

  public init() {}
  public init(axis: Int, epsilon: Float) { (self.axis, self.epsilon) = (axis, epsilon) }

  public static let onnx = [
    ONNXForm<Self>(
      "SimplifiedLayerNormalization", since: 1, inputs: 2, outputs: Arity(1...2),
      ["axis": .int(\.axis), "epsilon": .float(\.epsilon), "stash_type": .fixed(.int(1))], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let x = inputs[0], let scale = inputs[1] else { return nil }
    let results = x.rmsNormalization(scale: scale, epsilon: epsilon, axis: axis)
    return [results.y, results.inverse]
  }
}

extension Tensor {
  /// x / √(mean x² + ε) · scale over all axes from `axis` on, and 1 / √(mean x² + ε).
  func rmsNormalization(scale: Tensor, epsilon: Float, axis: Int = -1) -> (y: Tensor, inverse: Tensor) {
    let axes = LayerNormalization.axes(from: axis, rank: rank)
    let inverse = ((self * self).mean(axes, keepDimensions: true) + epsilon).squareRoot().reciprocal()
    return (self * inverse * scale, inverse)
  }
}
