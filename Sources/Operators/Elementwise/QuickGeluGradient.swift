import CKernels
import Graphs
import Tensors

/// The gradient of quick GELU: with s = σ(1.702 x), dx = dy · s · (1 + 1.702 x (1 − s)). Inputs: x, dy.
public struct QuickGeluGradient: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("QuickGeluGradient", domain: Catalogue.domain, since: 1, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1])
    try requireEqual(x[1].shape, x[0].shape, "dy", "x")
    return [x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let x = inputs[0], let dy = inputs[1] else { return nil }
    let scaled = x * QuickGelu.slope
    let s = scaled.sigmoid()
    return [dy * (s * (scaled * (1 - s) + 1))]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, kernel: name)
    let count = Int64(site.output().count)
    return Kernel(
      "ck_unary_gradient_f32", flops: saturatingProduct(9, site.output().count), bytes: site.traffic,
      inPlace: [.init(input: 1), .init(input: 0)]
    ) { b in
      ck_unary_gradient_f32(CK_QUICK_GELU, b.output(), b.input(1), b.input(0), count)
    }
  }
}

extension Tensor {
  /// The gradient of quick GELU at self.
  public func quickGeluGradient(_ dy: Tensor) -> Tensor { builder.apply(QuickGeluGradient(), [self, dy]) }
}
