import CKernels
import Graphs
import Tensors

/// The product over axes: all of them where none are given.
/// Its gradient divides by x: it is not defined where an element is 0.
public struct ReduceProd: Operator {
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
      "ReduceProd", since: 18, inputs: 1,
      ["keepdims": .bool(\.keepDimensions), "noop_with_empty_axes": .bool(\.noopWithEmptyAxes)],
      constantInputs: [(1, "axes", .optionalInts(\.axes))]),
    ONNXForm<Self>(
      "ReduceProd", since: 1, inputs: 1, ["axes": .optionalInts(\.axes), "keepdims": .bool(\.keepDimensions)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try Reduction.infer(x, axes, keep: keepDimensions, noop: noopWithEmptyAxes)
  }

  public func contents(_ x: Operands) -> [[Dimension]?] {
    Reduction.contents(x, axes, noop: noopWithEmptyAxes) { $0.reduce(1, *) }
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let x = p.input(0)
    return [Reduction.restored(p.seed * p.output(0), like: x, axes, noop: noopWithEmptyAxes) / x]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try Reduction.bind(CK_REDUCE_PROD, site, axes, noop: noopWithEmptyAxes)
  }
}

extension Tensor {
  public func product(_ axes: [Int], keepDimensions: Bool = false) -> Tensor {
    apply(ReduceProd(axes: axes, keepDimensions: keepDimensions))
  }
}
