import CKernels
import Graphs
import Tensors

/// The activation of OpenAI's CLIP: y = x · σ(1.702 x), with σ the logistic function.
public struct QuickGelu: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("QuickGelu", domain: Catalogue.domain, since: 1, inputs: 1)]

  static let slope: Float = 1.702

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0])
    return [x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [x * (x * QuickGelu.slope).sigmoid()]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [p.input(0).quickGeluGradient(p.seed)] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, kernel: name)
    let count = Int64(site.output().count)
    return Kernel(
      "ck_unary_f32", flops: saturatingProduct(5, site.output().count), bytes: site.traffic,
      inPlace: [.init(input: 0)]
    ) { b in
      ck_unary_f32(CK_QUICK_GELU, b.output(), b.input(0), count)
    }
  }
}

extension Tensor {
  /// x · σ(1.702 x)
  public func quickGelu() -> Tensor { builder.apply(QuickGelu(), [self]) }
}
