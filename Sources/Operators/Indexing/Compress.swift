import Graphs
import Tensors

/// The slices along an axis (or the elements, where none is given) whose condition is true. The condition must be known
/// while the graph is read.
public struct Compress: Macro, Elaborated {
  public var axis: Int?

  public init() {}
  public init(axis: Int?) { self.axis = axis }

  public static let onnx = [
    ONNXForm<Self>("Compress", since: 9, inputs: 2, ["axis": .optionalInt(\.axis)], isReadOnly: true)
  ]

  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard inputs.count == 2, let x = inputs[0], let condition = inputs[1] else { return nil }
    guard let chosen = condition.evaluated?.integers else {
      x.builder.record(
        .unsupported, at: x.builder.path, "which slices are chosen (\(condition.name)) depends on data")
      return nil
    }
    let indices = x.builder.constant(chosen.indices.filter { chosen[$0] != 0 })
    guard let axis else { return [x.reshaped(shape: x.builder.constant([-1])).gather(indices, axis: 0)] }
    return [x.gather(indices, axis: axis)]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? { elaboration(inputs, outputs: 1) }
}
