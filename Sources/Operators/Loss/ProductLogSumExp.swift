import CKernels
import Graphs
import Tensors

/// The log-sum-exp of every row of a scaled product, in tiles, so that the product is never held as a whole:
///
///     y_i = log Σ_j exp(scale · a_i · b_j)
///
/// Inputs: a [N, E], b [M, E], scale (a scalar). Output: [N].
public struct ProductLogSumExp: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("ProductLogSumExp", domain: Catalogue.domain, since: 1, inputs: 3)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try Self.check(x)
    return [TensorType(x[0].scalar, [x[0].shape[0]])]
  }

  /// Checks a, b and scale (inputs 0 to 2).
  static func check(_ x: Operands) throws(ShapeError) {
    try requireOneFloatType(x, [0, 1, 2])
    try require(x[0].shape.rank == 2 && x[1].shape.rank == 2, "a is \(x[0].shape) and b \(x[1].shape), not matrices")
    try requireEqual([x[1].shape[1]], [x[0].shape[1]], "b's width", "a's")
    try require(x[2].shape.rank == 0, "the scale must be a scalar, not \(x[2].shape)")
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 3, let a = inputs[0], let b = inputs[1], let scale = inputs[2] else { return nil }
    let products = (scale * a).matmul(b.transposed([1, 0]))
    return [(products - products.logSoftmax(axis: 1)).mean([1], keepDimensions: false)]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let (a, b, scale) = (p.input(0), p.input(1), p.input(2))
    let results = a.builder.apply(ProductLogSumExpGradient(), [a, b, scale, p.output(0), p.seed], outputs: 3)
    return [results[0], results[1], results[2]]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, kernel: name)
    let sizes = Self.sizes(site)
    let scratch = withUnsafePointer(to: sizes) { Int(ck_product_tiles_scratch($0)) }
    let products = saturatingProduct(site.input(0).sizes[0], site.input(1).sizes[0])
    return Kernel(
      "ck_product_log_sum_exp_f32", flops: saturatingProduct(2 * site.input(0).sizes[1] + 8, products),
      bytes: site.traffic, scratch: scratch
    ) { b in
      withUnsafePointer(to: sizes) {
        ck_product_log_sum_exp_f32(b.output(), b.input(0), b.input(1), b.input(2), $0, b.scratch)
      }
    }
  }

  static func sizes(_ site: CallSite) -> ck_product_tiles {
    ck_product_tiles(
      rows: Int64(site.input(0).sizes[0]), columns: Int64(site.input(1).sizes[0]), width: Int64(site.input(0).sizes[1]))
  }
}

extension Tensor {
  /// log Σ_j exp(scale · self_i · b_j). [N, E], [M, E], scalar → [N]
  public func productLogSumExp(_ b: Tensor, scale: Tensor) -> Tensor {
    builder.apply(ProductLogSumExp(), [self, b, scale])
  }
}
