import CKernels
import Graphs
import Tensors

/// The sum of squares Σx² over axes: all of them where none are given.
public struct ReduceSumSquare: Operator {
  public var axes: [Int]?
  public var keepDimensions = true
  public var noopWithEmptyAxes = false

  public init() {}
  public init(axes: [Int]?, keepDimensions: Bool, noopWithEmptyAxes: Bool = false) {
    self.axes = axes
    self.keepDimensions = keepDimensions
    self.noopWithEmptyAxes = noopWithEmptyAxes
  }

  public static let onnx = [
    ONNXForm<Self>(
      "ReduceSumSquare", since: 18, inputs: 1,
      ["keepdims": .bool(\.keepDimensions), "noop_with_empty_axes": .bool(\.noopWithEmptyAxes)],
      constantInputs: [(1, "axes", .optionalInts(\.axes))]),
    ONNXForm<Self>(
      "ReduceSumSquare", since: 1, inputs: 1, ["axes": .optionalInts(\.axes), "keepdims": .bool(\.keepDimensions)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try Reduction.infer(x, axes, keep: keepDimensions, noop: noopWithEmptyAxes)
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let x = p.input(0)
    return [x * Reduction.restored(p.seed * 2, like: x, axes, noop: noopWithEmptyAxes)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try Reduction.bind(CK_REDUCE_SUM_SQUARE, site, axes, noop: noopWithEmptyAxes)
  }
}

extension Tensor {
  public func sumOfSquares(_ axes: [Int], keepDimensions: Bool = false) -> Tensor {
    apply(ReduceSumSquare(axes: axes, keepDimensions: keepDimensions))
  }
}
