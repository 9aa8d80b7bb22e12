import CKernels
import Graphs
import Tensors

/// The gradient of max(x, 0): dy where y is positive, else 0. Inputs: y (or x: the two are positive together), dy.
public struct ReluGradient: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("ReluGradient", domain: Catalogue.domain, since: 1, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1])
    try requireEqual(x[1].shape, x[0].shape, "dy", "y")
    return [x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let y = inputs[0], let dy = inputs[1] else { return nil }
    return [y.greater(than: y.scalar(0)).select(dy, dy.scalar(0))]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, kernel: name)
    let count = Int64(site.output().count)
    return Kernel(
      "ck_unary_gradient_f32", flops: Int(count), bytes: site.traffic, inPlace: [.init(input: 1), .init(input: 0)]
    ) { b in
      ck_unary_gradient_f32(CK_RELU, b.output(), b.input(1), b.input(0), count)
    }
  }
}

extension Tensor {
  /// The gradient of a ReLU whose result, or operand, is self.
  public func reluGradient(_ dy: Tensor) -> Tensor { builder.apply(ReluGradient(), [self, dy]) }
}
