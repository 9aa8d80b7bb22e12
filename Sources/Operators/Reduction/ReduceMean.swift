import CKernels
import Graphs
import Tensors

/// The mean over axes: all of them where none are given.
public struct ReduceMean: Operator {
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
      "ReduceMean", since: 18, inputs: 1,
      ["keepdims": .bool(\.keepDimensions), "noop_with_empty_axes": .bool(\.noopWithEmptyAxes)],
      constantInputs: [(1, "axes", .optionalInts(\.axes))]),
    ONNXForm<Self>(
      "ReduceMean", since: 1, inputs: 1, ["axes": .optionalInts(\.axes), "keepdims": .bool(\.keepDimensions)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try Reduction.infer(x, axes, keep: keepDimensions, noop: noopWithEmptyAxes)
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let x = p.input(0)
    let seed = Reduction.restored(p.seed, like: x, axes, noop: noopWithEmptyAxes)
    let size = Reduction.size(of: x, axes, noop: noopWithEmptyAxes)
    if let number = size.number { return [(seed * (1 / number)).expanded(like: x)] }
    return [size.tensor.map { (seed / $0).expanded(like: x) }]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try Reduction.bind(CK_REDUCE_MEAN, site, axes, noop: noopWithEmptyAxes)
  }
}

extension Tensor {
  public func mean(_ axes: [Int], keepDimensions: Bool = false) -> Tensor {
    apply(ReduceMean(axes: axes, keepDimensions: keepDimensions))
  }
}
