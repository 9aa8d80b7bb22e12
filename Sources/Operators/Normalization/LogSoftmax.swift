import CKernels
import Graphs
import Tensors

/// The logarithm of softmax along one axis: y = x − max x − log Σ exp(x − max x).
public struct LogSoftmax: Operator {
  public var axis = -1

  public init() {}
  public init(axis: Int) { self.axis = axis }

  /// Before opset 13 the operator flattened its input, and meant something else.
  public static let onnx = [ONNXForm<Self>("LogSoftmax", since: 13, inputs: 1, ["axis": .int(\.axis)])]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0])
    _ = try x[0].shape.axis(axis)
    return [x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    let shifted = x - x.max([axis], keepDimensions: true)
    return [shifted - shifted.exp().sum([axis], keepDimensions: true).log()]
  }

  /// dx = dy − exp(y) · Σ dy
  public func gradient(_ p: Pullback) -> [Tensor?] {
    [p.seed - p.output(0).exp() * p.seed.sum([axis], keepDimensions: true)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, kernel: name)
    let extents = try AxisExtents(site.input(0).sizes, axis: axis)
    return Kernel(
      "ck_log_softmax_f32", flops: saturatingProduct(5, site.output().count), bytes: site.traffic,
      inPlace: [.init(input: 0)]
    ) { b in
      ck_log_softmax_f32(b.output(), b.input(0), extents.outer, extents.n, extents.inner)
    }
  }
}

extension Tensor {
  /// log softmax along one axis.
  public func logSoftmax(axis: Int = -1) -> Tensor { builder.apply(LogSoftmax(axis: axis), [self]) }
}
