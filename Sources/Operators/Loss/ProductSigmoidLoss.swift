import CKernels
import Graphs
import Tensors

/// The sigmoid loss of every row of a scaled product, in tiles, so that the product is never held as a whole:
///
///     z_ij = scale · a_i · b_j + bias
///     y_i = Σ_j log(1 + exp(∓z_ij)),   − for a pair, + otherwise
///
/// Inputs: a [N, E], b [N, E], scale and bias (scalars), and optionally groups, int64 [N]. Output: [N]. Rows i and j are a pair
/// where i = j or, with groups, where groups_i = groups_j.
public struct ProductSigmoidLoss: Operator {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>("ProductSigmoidLoss", domain: Catalogue.domain, since: 1, inputs: Arity(4...5))
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try Self.check(x, groups: 4)
    return [TensorType(x[0].scalar, [x[0].shape[0]])]
  }

  /// Checks a, b, scale and bias (inputs 0 to 3), and the groups.
  static func check(_ x: Operands, groups: Int) throws(ShapeError) {
    try ProductLogSumExp.check(x)
    try requireOneFloatType(x, [0, 3])
    try requireEqual([x[1].shape[0]], [x[0].shape[0]], "the number of b's rows", "a's")
    try require(x[3].shape.rank == 0, "the bias must be a scalar, not \(x[3].shape)")
    guard x.has(groups) else { return }
    try require(x[groups].scalar == .int64, "the groups must be i64, not \(x[groups].scalar)")
    try requireEqual(x[groups].shape, [x[0].shape[0]], "the groups", "the number of rows")
  }

  /// Which elements of the product are pairs [N, N].
  static func pairs(_ a: Tensor, _ groups: Tensor?) -> Tensor {
    let rows = groups ?? a.rowNumbers
    return rows.unsqueezed([1]).equal(to: rows.unsqueezed([0]))
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 4, let a = inputs[0], let b = inputs[1], let scale = inputs[2], let bias = inputs[3] else {
      return nil
    }
    let logits = (scale * a).matmul(b.transposed([1, 0])) + bias
    let signed = Self.pairs(a, inputs.count > 4 ? inputs[4] : nil).select(-logits, logits)
    return [a.builder.apply(Softplus(), [signed]).sum([1], keepDimensions: false)]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let groups = p.inputs.count > 4 ? p.inputs[4] : nil
    let operands = [p.input(0), p.input(1), p.input(2), p.input(3), p.seed] + (groups.map { [$0] } ?? [])
    let results = p.input(0).builder.apply(ProductSigmoidLossGradient(), operands, outputs: 4)
    return Array((results.map(Optional.some) + [nil]).prefix(p.inputs.count))
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, 3, kernel: name)
    let sizes = ProductLogSumExp.sizes(site)
    let scratch = withUnsafePointer(to: sizes) { Int(ck_product_tiles_scratch($0)) }
    let products = saturatingProduct(site.input(0).sizes[0], site.input(1).sizes[0])
    return Kernel(
      "ck_product_sigmoid_loss_f32", flops: saturatingProduct(2 * site.input(0).sizes[1] + 20, products),
      bytes: site.traffic, scratch: scratch
    ) { b in
      withUnsafePointer(to: sizes) {
        ck_product_sigmoid_loss_f32(
          b.output(), b.input(0), b.input(1), b.input(2), b.input(3), b.input(4), $0, b.scratch)
      }
    }
  }
}

extension Tensor {
  /// Σ_j log(1 + exp(∓(scale · self_i · b_j + bias))), − where i = j or groups_i = groups_j. [N, E], [N, E], scalars, int64
  /// [N] → [N]
  public func productSigmoidLoss(_ b: Tensor, scale: Tensor, bias: Tensor, groups: Tensor? = nil) -> Tensor {
    builder.apply(ProductSigmoidLoss(), [self, b, scale, bias] + (groups.map { [$0] } ?? []))
  }
}
