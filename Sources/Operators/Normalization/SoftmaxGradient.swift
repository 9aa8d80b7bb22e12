import CKernels
import Graphs
import Tensors

/// The gradient of softmax from its result: dx = y · (dy − Σ dy · y), summed along the axis. Inputs: y, dy.
public struct SoftmaxGradient: Operator {
  public var axis = -1

  public init() {}
  public init(axis: Int) { self.axis = axis }

  public static let onnx = [
    ONNXForm<Self>("SoftmaxGradient", domain: Catalogue.domain, since: 1, inputs: 2, ["axis": .int(\.axis)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1])
    _ = try x[0].shape.axis(axis)
    try requireEqual(x[1].shape, x[0].shape, "dy", "y")
    return [x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let y = inputs[0], let dy = inputs[1] else { return nil }
    return [y * (dy - (dy * y).sum([axis], keepDimensions: true))]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, kernel: name)
    let extents = try AxisExtents(site.input(0).sizes, axis: axis)
    return Kernel(
      "ck_softmax_gradient_f32", flops: saturatingProduct(4, site.output().count), bytes: site.traffic,
      inPlace: [.init(input: 1), .init(input: 0)]
    ) { b in
      ck_softmax_gradient_f32(b.output(), b.input(1), b.input(0), extents.outer, extents.n, extents.inner)
    }
  }
}

extension Tensor {
  /// The gradient of a softmax whose result is self.
  public func softmaxGradient(_ dy: Tensor, axis: Int = -1) -> Tensor {
    builder.apply(SoftmaxGradient(axis: axis), [self, dy])
  }
}
