import CKernels
import Graphs
import Tensors

/// The gradients of `ProductSigmoidLoss`. Inputs: a [N, E], b [N, E], scale, bias, dy [N], and optionally groups [N]. Outputs: da,
/// db, dscale, dbias.
///
///     w_ij = ∓σ(∓z_ij) · dy_i,   − for a pair, + otherwise
///     da = scale · w b;   db = scale · wᵀ a;   dscale = Σ_ij w_ij a_i · b_j;   dbias = Σ_ij w_ij
public struct ProductSigmoidLossGradient: Operator {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "ProductSigmoidLossGradient", domain: Catalogue.domain, since: 1, inputs: Arity(5...6), outputs: Arity(4...4))
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try ProductSigmoidLoss.check(x, groups: 5)
    try requireOneFloatType(x, [0, 4])
    try requireEqual(x[4].shape, [x[0].shape[0]], "dy", "the number of rows")
    return [x[0], x[1], x[2], x[3]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    let x = inputs.prefix(5).compactMap { $0 }
    guard x.count == 5 else { return nil }
    let (a, b, scale, bias, dy) = (x[0], x[1], x[2], x[3], x[4])
    let pairs = ProductSigmoidLoss.pairs(a, inputs.count > 5 ? inputs[5] : nil)
    let products = a.matmul(b.transposed([1, 0]))
    let logits = scale * products + bias
    let slopes = pairs.select(-logits, logits).sigmoid() * dy.unsqueezed([1])
    let weights = pairs.select(-slopes, slopes)
    let scaled = scale * weights
    return [
      scaled.matmul(b), scaled.transposed([1, 0]).matmul(a), (weights * products).sum([0, 1], keepDimensions: false),
      weights.sum([0, 1], keepDimensions: false),
    ]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, 3, 4, kernel: name)
    let sizes = ProductLogSumExp.sizes(site)
    let scratch = withUnsafePointer(to: sizes) { Int(ck_product_tiles_scratch($0)) }
    let products = saturatingProduct(site.input(0).sizes[0], site.input(1).sizes[0])
    return Kernel(
      "ck_product_sigmoid_loss_gradient_f32", flops: saturatingProduct(6 * site.input(0).sizes[1] + 16, products),
      bytes: site.traffic, scratch: scratch
    ) { b in
      withUnsafePointer(to: sizes) {
        ck_product_sigmoid_loss_gradient_f32(
          b.output(0), b.output(1), b.output(2), b.output(3), b.input(0), b.input(1), b.input(2), b.input(3),
          b.input(5), b.input(4), $0, b.scratch)
      }
    }
  }
}
