import Graphs
import Tensors

/// The mean of every channel of x [B, C, ...]: [B, C, 1, ...].
public struct GlobalAveragePool: Macro {
  public init() {}

  public static let onnx = [ONNXForm<Self>("GlobalAveragePool", since: 1, inputs: 1, isReadOnly: true)]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x, x.rank > 2 else { return nil }
    return [x.mean(Array(2..<x.rank), keepDimensions: true)]
  }
}
