import CKernels
import Graphs
import Tensors

/// Multi-head attention of queries to another sequence, on unsplit projections: q [B, Lq, D] and k|v [B, Lk, 2·D] give
/// [B, Lq, D]. Attention pooling is this with one query, or a few.
///
/// D is split over `heads`; scores are scaled by width^−½, where width = D / heads. The third input is optional: numbers that
/// are added to the scores, and broadcast to [B, H, Lq, Lk].
public struct CrossAttention: Operator {
  public var heads = 1

  public init() {}
  public init(heads: Int) { self.heads = heads }

  public static let onnx = [
    ONNXForm<Self>(
      "CrossAttention", domain: Catalogue.domain, since: 1, inputs: Arity(2...3), ["heads": .int(\.heads)])
  ]

  /// The width D of the queries [B, Lq, D].
  private func width(_ q: Shape) throws(ShapeError) -> Int {
    try require(q.rank == 3, "q is \(q), but must be [batch, tokens, width]")
    guard let width = q[2].constant else { throw ShapeError("the width of q must be a number, not \(q[2])") }
    try require(
      heads >= 1 && heads < 1 << 20 && width > 0 && width % heads == 0,
      "the width \(width) of q is not \(heads) heads of equal width")
    return width
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1, 2])
    let (q, kv) = (x[0].shape, x[1].shape)
    let width = try width(q)
    try requireEqual(
      kv, [q[0], kv.rank == 3 ? kv[1] : 0, Dimension(2 * width)], "k|v", "with q's batch and twice its width")
    if x.has(2) { try ScaledDotProductAttention.checkMask(x[2].shape, scores: [q[0], Dimension(heads), q[1], kv[1]]) }
    return [x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 2, let q = inputs[0], let kv = inputs[1], let width = try? width(q.shape) else { return nil }
    let parts = ([q] + kv.split([width, width], axis: 2)).map { $0.splitHeads(heads, width: width / heads) }
    let mixed = parts[0].scaledDotProductAttention(
      parts[1], parts[2], mask: inputs.count > 2 ? inputs[2] : nil, scale: SelfAttention.scale(width: width / heads),
      causal: false)
    return [mixed.mergedHeads(width: width)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, kernel: name)
    let width = try width(Shape(site.input(0).sizes))
    let sizes = ck_attention.cross(
      q: site.input(0).sizes, kv: site.input(1).sizes, mask: site.has(2) ? site.input(2).sizes : nil, heads: heads)
    let scratch = withUnsafePointer(to: sizes) { Int(ck_attention_scratch($0, Int32(site.threads))) }
    return Kernel("ck_attention_f32", flops: sizes.forwardFlops, bytes: site.traffic, scratch: scratch) { b in
      let k = b.input(1, as: Float.self)
      withUnsafePointer(to: sizes) {
        ck_attention_f32(b.output(), nil, b.input(0), k, k.map { $0 + width }, b.input(2), $0, b.scratch)
      }
    }
  }
}

extension Tensor {
  /// Multi-head attention of self [B, Lq, D] to the packed projection k|v [B, Lk, 2·D]: [B, Lq, D].
  public func crossAttention(_ kv: Tensor, mask: Tensor? = nil, heads: Int) -> Tensor {
    builder.apply(CrossAttention(heads: heads), [self, kv, mask])
  }
}
