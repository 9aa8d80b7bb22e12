import Graphs
import Tensors

/// Two axes: those before `axis` and those from it on.
public struct Flatten: Operator {
  public var axis = 1

  public init() {}
  public init(axis: Int) { self.axis = axis }

  public static let onnx = [ONNXForm<Self>("Flatten", since: 1, inputs: 1, ["axis": .int(\.axis)])]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let shape = x[0].shape
    try require(axis >= -shape.rank && axis <= shape.rank, "axis \(axis) is outside of \(shape)")
    let split = axis < 0 ? axis + shape.rank : axis
    let (outer, inner) = (shape.dimensions[..<split], shape.dimensions[split...])
    return [TensorType(x[0].scalar, [outer.reduce(1, *), inner.reduce(1, *)])]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] { x.sameContents }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed.reshaped(like: p.input(0))] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { .view(of: 0) }
}

extension Tensor {
  public func flattened(axis: Int = 1) -> Tensor { apply(Flatten(axis: axis)) }
}
