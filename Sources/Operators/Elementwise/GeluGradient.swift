import CKernels
import Graphs
import Tensors

/// The gradient of GELU: dx = dy · (Φ(x) + x φ(x)), or that of its approximation. Inputs: x, dy.
public struct GeluGradient: Operator {
  public var approximate = GeluApproximation.none

  public init() {}
  public init(approximate: GeluApproximation) { self.approximate = approximate }

  public static let onnx = [
    ONNXForm<Self>(
      "GeluGradient", domain: Catalogue.domain, since: 1, inputs: 2, ["approximate": .name(\.approximate)])
  ]

  /// 1 / √(2π)
  private static let density: Float = 0.398_942_28

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1])
    try requireEqual(x[1].shape, x[0].shape, "dy", "x")
    return [x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let x = inputs[0], let dy = inputs[1] else { return nil }
    switch approximate {
    case .none:
      let cumulative = ((x / Float(2).squareRoot()).erf() + 1) * 0.5
      let density = (x * x * -0.5).exp() * GeluGradient.density
      return [dy * (cumulative + x * density)]
    case .tanh:
      let t = ((x + x * x * x * Gelu.cubic) * Gelu.tanhScale).tanh()
      let inner = (x * x * (3 * Gelu.cubic) + 1) * Gelu.tanhScale
      return [dy * ((t + 1) * 0.5 + x * 0.5 * (1 - t * t) * inner)]
    }
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, kernel: name)
    let (count, operation) = (Int64(site.output().count), approximate == .none ? CK_GELU : CK_GELU_TANH)
    return Kernel(
      "ck_unary_gradient_f32", flops: saturatingProduct(16, site.output().count), bytes: site.traffic,
      inPlace: [.init(input: 1), .init(input: 0)]
    ) { b in
      ck_unary_gradient_f32(operation, b.output(), b.input(1), b.input(0), count)
    }
  }
}

extension Tensor {
  /// The gradient of GELU at self.
  public func geluGradient(_ dy: Tensor, approximate: GeluApproximation = .none) -> Tensor {
    builder.apply(GeluGradient(approximate: approximate), [self, dy])
  }
}
