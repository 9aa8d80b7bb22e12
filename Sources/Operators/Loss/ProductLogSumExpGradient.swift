import CKernels
import Graphs
import Tensors

/// The gradients of `ProductLogSumExp`. Inputs: a [N, E], b [M, E], scale, y [N], dy [N]. Outputs: da, db, dscale.
///
///     p_ij = exp(scale · a_i · b_j − y_i) · dy_i
///     da = scale · p b;   db = scale · pᵀ a;   dscale = Σ_ij p_ij a_i · b_j
public struct ProductLogSumExpGradient: Operator {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>("ProductLogSumExpGradient", domain: Catalogue.domain, since: 1, inputs: 5, outputs: Arity(3...3))
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try ProductLogSumExp.check(x)
    try requireOneFloatType(x, [0, 3, 4])
    for index in 3...4 { try requireEqual(x[index].shape, [x[0].shape[0]], "input \(index)", "the number of rows") }
    return [x[0], x[1], x[2]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    let x = inputs.compactMap { $0 }
    guard x.count == 5 else { return nil }
    let (a, b, scale, y, dy) = (x[0], x[1], x[2], x[3], x[4])
    let products = a.matmul(b.transposed([1, 0]))
    let weights = (scale * products - y.unsqueezed([1])).exp() * dy.unsqueezed([1])
    let scaled = scale * weights
    return [
      scaled.matmul(b), scaled.transposed([1, 0]).matmul(a), (weights * products).sum([0, 1], keepDimensions: false),
    ]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, 3, 4, kernel: name)
    let sizes = ProductLogSumExp.sizes(site)
    let scratch = withUnsafePointer(to: sizes) { Int(ck_product_tiles_scratch($0)) }
    let products = saturatingProduct(site.input(0).sizes[0], site.input(1).sizes[0])
    return Kernel(
      "ck_product_log_sum_exp_gradient_f32", flops: saturatingProduct(6 * site.input(0).sizes[1] + 10, products),
      bytes: site.traffic, scratch: scratch
    ) { b in
      withUnsafePointer(to: sizes) {
        ck_product_log_sum_exp_gradient_f32(
          b.output(0), b.output(1), b.output(2), b.input(0), b.input(1), b.input(2), b.input(3), b.input(4), $0,
          b.scratch)
      }
    }
  }
}
