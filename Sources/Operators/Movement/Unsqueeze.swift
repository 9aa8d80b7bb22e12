import Graphs
import Tensors

/// Inserts axes of extent 1; `axes` are positions in the result.
public struct Unsqueeze: Operator {
  public var axes: [Int] = []

  public init() {}
  public init(axes: [Int]) { self.axes = axes }

  public static let onnx = [
    ONNXForm<Self>("Unsqueeze", since: 13, inputs: 1, constantInputs: [(1, "axes", .ints(\.axes))]),
    ONNXForm<Self>("Unsqueeze", since: 1, inputs: 1, ["axes": .ints(\.axes)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let source = x[0].shape
    try require(axes.count <= 64, "\(axes.count) axes are too many")
    var result = Shape([Dimension](repeating: 1, count: source.rank + axes.count))
    let inserted = try result.axes(axes)
    let kept = (0..<result.rank).filter { !inserted.contains($0) }
    for (axis, extent) in zip(kept, source.dimensions) { result[axis] = extent }
    return [TensorType(x[0].scalar, result)]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] { x.sameContents }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed.reshaped(like: p.input(0))] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { .view(of: 0) }
}

extension Tensor {
  public func unsqueezed(_ axes: [Int]) -> Tensor { apply(Unsqueeze(axes: axes)) }
}
