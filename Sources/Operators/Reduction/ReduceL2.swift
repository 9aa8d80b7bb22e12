import CKernels
import Graphs
import Tensors

/// The Euclidean norm √Σx² over axes: all of them where none are given.
/// Its gradient at 0 is 0.
public struct ReduceL2: Operator {
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
      "ReduceL2", since: 18, inputs: 1,
      ["keepdims": .bool(\.keepDimensions), "noop_with_empty_axes": .bool(\.noopWithEmptyAxes)],
      constantInputs: [(1, "axes", .optionalInts(\.axes))]),
    ONNXForm<Self>(
      "ReduceL2", since: 1, inputs: 1, ["axes": .optionalInts(\.axes), "keepdims": .bool(\.keepDimensions)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try Reduction.infer(x, axes, keep: keepDimensions, noop: noopWithEmptyAxes)
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let (x, y) = (p.input(0), p.output(0))
    let zero = p.seed.scalar(0)
    let scale = y.equal(to: y.scalar(0)).select(zero, p.seed / y)
    return [x * Reduction.restored(scale, like: x, axes, noop: noopWithEmptyAxes)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try Reduction.bind(CK_REDUCE_L2, site, axes, noop: noopWithEmptyAxes)
  }
}

extension Tensor {
  public func l2Norm(_ axes: [Int], keepDimensions: Bool = false) -> Tensor {
    apply(ReduceL2(axes: axes, keepDimensions: keepDimensions))
  }
}
