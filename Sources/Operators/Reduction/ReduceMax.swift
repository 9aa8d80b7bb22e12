import CKernels
import Graphs
import Tensors

/// The greatest element over axes: all of them where none are given.
public struct ReduceMax: Operator {
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
      "ReduceMax", since: 18, inputs: 1,
      ["keepdims": .bool(\.keepDimensions), "noop_with_empty_axes": .bool(\.noopWithEmptyAxes)],
      constantInputs: [(1, "axes", .optionalInts(\.axes))]),
    ONNXForm<Self>(
      "ReduceMax", since: 1, inputs: 1, ["axes": .optionalInts(\.axes), "keepdims": .bool(\.keepDimensions)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try Reduction.infer(x, axes, keep: keepDimensions, noop: noopWithEmptyAxes, ofChoices: true)
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    Reduction.extremumGradient(p, axes, noop: noopWithEmptyAxes)
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try Reduction.bind(CK_REDUCE_MAX, site, axes, noop: noopWithEmptyAxes)
  }
}

extension Tensor {
  public func max(_ axes: [Int], keepDimensions: Bool = false) -> Tensor {
    apply(ReduceMax(axes: axes, keepDimensions: keepDimensions))
  }
}
