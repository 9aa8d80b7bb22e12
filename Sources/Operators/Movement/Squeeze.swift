import Graphs
import Tensors

/// Removes axes of extent 1: the given ones, or all.
public struct Squeeze: Operator {
  public var axes: [Int]?

  public init() {}
  public init(axes: [Int]?) { self.axes = axes }

  public static let onnx = [
    ONNXForm<Self>(
      "Squeeze", since: 13, inputs: 1, constantInputs: [(1, "axes", .optionalInts(\.axes))]),
    ONNXForm<Self>("Squeeze", since: 1, inputs: 1, ["axes": .optionalInts(\.axes)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let shape = x[0].shape
    let removed: [Int]
    if let axes {
      removed = try shape.axes(axes)
      for axis in removed {
        let extent = shape[axis]
        try require(extent == 1 || extent.constant == nil, "axis \(axis) of \(shape) is \(extent), not 1")
      }
    } else {
      removed = (0..<shape.rank).filter { shape[$0] == 1 }
    }
    let kept = (0..<shape.rank).filter { !removed.contains($0) }
    return [TensorType(x[0].scalar, Shape(kept.map { shape[$0] }))]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] { x.sameContents }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed.reshaped(like: p.input(0))] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { .view(of: 0) }
}

extension Tensor {
  public func squeezed(_ axes: [Int]) -> Tensor { apply(Squeeze(axes: axes)) }
}
