import CKernels
import Graphs
import Tensors

/// The least element over axes: all of them where none are given.
public struct ReduceMin: Operator {
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
      "ReduceMin", since: 18, inputs: 1,
      ["keepdims": .bool(\.keepDimensions), "noop_with_empty_axes": .bool(\.noopWithEmptyAxes)],
      constantInputs: [(1, "axes", .optionalInts(\.axes))]),
    ONNXForm<Self>(
      "ReduceMin", since: 1, inputs: 1, ["axes": .optionalInts(\.axes), "keepdims": .bool(\.keepDimensions)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try Reduction.infer(x, axes, keep: keepDimensions, noop: noopWithEmptyAxes, ofChoices: true)
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    Reduction.extremumGradient(p, axes, noop: noopWithEmptyAxes)
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try Reduction.bind(CK_REDUCE_MIN, site, axes, noop: noopWithEmptyAxes)
  }
}

extension Tensor {
  public func min(_ axes: [Int], keepDimensions: Bool = false) -> Tensor {
    apply(ReduceMin(axes: axes, keepDimensions: keepDimensions))
  }
}
