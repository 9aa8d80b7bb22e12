import Graphs
import Tensors

/// The slices along an axis (or the elements, where none is given) whose condition is true. The condition must be known
/// while the graph is read.
public struct Compress: Elaborated {
  public var axis: Int?

  public init() {}
  public init(axis: Int?) { self.axis = axis }

  public static let onnx = [
    ONNXForm<Self>("Compress", since: 9, inputs: 2, ["axis": .optionalInt(\.axis)], isReadOnly: true)
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    guard let chosen = x.numbers(of: 1) else {
      throw ShapeError("how many slices are chosen depends on data that is not known before running")
    }
    let count = Dimension(chosen.count { $0 != 0 })
    guard let axis else { return [TensorType(x[0].scalar, [count])] }
    var shape = x[0].shape
    shape[try shape.axis(axis)] = count
    return [TensorType(x[0].scalar, shape)]
  }

  public func elaboration(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let x = inputs[0], let chosen = inputs[1]?.evaluated?.integers else { return nil }
    let indices = x.builder.constant(chosen.indices.filter { chosen[$0] != 0 })
    guard let axis else { return [x.reshaped(shape: x.builder.constant([-1])).gather(indices, axis: 0)] }
    return [x.gather(indices, axis: axis)]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? { elaboration(inputs) }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    throw ShapeError("which slices are chosen depends on data that is not known before running")
  }
}
