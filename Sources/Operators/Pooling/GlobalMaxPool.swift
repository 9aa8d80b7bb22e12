import Graphs
import Tensors

/// The largest element of every channel of x [B, C, ...]: [B, C, 1, ...].
public struct GlobalMaxPool: Macro {
  public init() {}

  public static let onnx = [ONNXForm<Self>("GlobalMaxPool", since: 1, inputs: 1, isReadOnly: true)]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x, x.rank > 2 else { return nil }
    return [x.apply(ReduceMax(axes: Array(2..<x.rank), keepDimensions: true))]
  }
}
