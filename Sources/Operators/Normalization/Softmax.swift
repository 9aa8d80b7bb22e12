import CKernels
import Graphs
import Tensors

/// Softmax along one axis: y = exp(x − max x) / Σ exp(x − max x). A row of −∞ alone gives NaN.
public struct Softmax: Operator {
  public var axis = -1

  public init() {}
  public init(axis: Int) { self.axis = axis }

  /// Before opset 13 the operator flattened its input, and meant something else.
  public static let onnx = [ONNXForm<Self>("Softmax", since: 13, inputs: 1, ["axis": .int(\.axis)])]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0])
    _ = try x[0].shape.axis(axis)
    return [x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    let exponential = (x - x.max([axis], keepDimensions: true)).exp()
    return [exponential / exponential.sum([axis], keepDimensions: true)]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [p.output(0).softmaxGradient(p.seed, axis: axis)] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, kernel: name)
    let extents = try AxisExtents(site.input(0).sizes, axis: axis)
    return Kernel(
      "ck_softmax_f32", flops: saturatingProduct(5, site.output().count), bytes: site.traffic,
      inPlace: [.init(input: 0)]
    ) { b in
      ck_softmax_f32(b.output(), b.input(0), extents.outer, extents.n, extents.inner)
    }
  }
}

extension Tensor {
  /// exp(x) / Σ exp(x) along one axis.
  public func softmax(axis: Int = -1) -> Tensor { builder.apply(Softmax(axis: axis), [self]) }
}
