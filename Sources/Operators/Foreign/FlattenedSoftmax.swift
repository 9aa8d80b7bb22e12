import Graphs
import Tensors

/// Softmax before opset 13: over all axes from `axis` on together.
public struct FlattenedSoftmax: Macro {
  public var axis = 1

  public init() {}
  public init(axis: Int) { self.axis = axis }

  public static let onnx = [11, 1].map {
    ONNXForm<Self>("Softmax", since: $0, inputs: 1, ["axis": .int(\.axis)], isReadOnly: true)
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [x.flattened(from: axis) { $0.softmax(axis: -1) }]
  }
}

/// LogSoftmax before opset 13: over all axes from `axis` on together.
public struct FlattenedLogSoftmax: Macro {
  public var axis = 1

  public init() {}
  public init(axis: Int) { self.axis = axis }

  public static let onnx = [11, 1].map {
    ONNXForm<Self>("LogSoftmax", since: $0, inputs: 1, ["axis": .int(\.axis)], isReadOnly: true)
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [x.flattened(from: axis) { $0.logSoftmax(axis: -1) }]
  }
}

extension Tensor {
  /// Applies `body`, which works along the last axis, to all axes from `axis` on as if they were one.
  fileprivate func flattened(from axis: Int, _ body: (Tensor) -> Tensor) -> Tensor {
    if axis == -1 || axis == rank - 1 { return body(self) }
    return body(flattened(axis: axis)).reshaped(like: self)
  }
}
