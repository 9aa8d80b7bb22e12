import CKernels
import Graphs
import Tensors

/// How GELU's normal distribution is computed. Raw values are ONNX's.
public enum GeluApproximation: String, Hashable, Sendable, CaseIterable {
  case none
  case tanh
}

/// The Gaussian error linear unit (Hendrycks and Gimpel 2016): y = x · Φ(x), or its approximation
/// y = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).
public struct Gelu: Operator {
  public var approximate = GeluApproximation.none

  public init() {}
  public init(approximate: GeluApproximation) { self.approximate = approximate }

  public static let onnx = [
    ONNXForm<Self>("Gelu", since: 20, inputs: 1, ["approximate": .name(\.approximate)]),
    ONNXForm<Self>("Gelu", domain: Catalogue.microsoft, since: 1, inputs: 1, isReadOnly: true),
  ]

  /// √(2/π)
  static let tanhScale: Float = 0.797_884_56
  static let cubic: Float = 0.044715

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0])
    return [x[0]]
  }

  /// The spelling of exporters before opset 20.
  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    switch approximate {
    case .none:
      return [x * ((x / Float(2).squareRoot()).erf() + 1) * 0.5]
    case .tanh:
      let argument = (x + x * x * x * Gelu.cubic) * Gelu.tanhScale
      return [x * (argument.tanh() + 1) * 0.5]
    }
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [p.input(0).geluGradient(p.seed, approximate: approximate)] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, kernel: name)
    let (count, operation) = (Int64(site.output().count), approximate == .none ? CK_GELU : CK_GELU_TANH)
    return Kernel(
      "ck_unary_f32", flops: saturatingProduct(10, site.output().count), bytes: site.traffic,
      inPlace: [.init(input: 0)]
    ) { b in
      ck_unary_f32(operation, b.output(), b.input(0), count)
    }
  }
}

extension Tensor {
  /// x · Φ(x)
  public func gelu(approximate: GeluApproximation = .none) -> Tensor {
    builder.apply(Gelu(approximate: approximate), [self])
  }
}
