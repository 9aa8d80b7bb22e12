import CKernels
import Graphs
import Tensors

/// Attention (Vaswani et al. 2017): softmax(scale · Q Kᵀ + mask) V for every batch element and head.
///
/// Inputs: query [B, H, Lq, Dh], key and value [B, H, Lk, Dh], and optionally an additive mask that broadcasts to
/// [B, H, Lq, Lk]. With `causal`, query i sees the keys j ≤ i + Lk − Lq. The second output is log Σ exp of the scores
/// [B, H, Lq], for the gradient. A query that sees nothing gives NaN, or 0 with `guarded`.
public struct ScaledDotProductAttention: Operator {
  public var scale: Float = 1
  public var causal = false
  /// Whether weights that are not numbers count as 0.
  public var guarded = false

  public init() {}
  public init(scale: Float, causal: Bool, guarded: Bool = false) {
    (self.scale, self.causal, self.guarded) = (scale, causal, guarded)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "ScaledDotProductAttention", domain: Catalogue.domain, since: 1, inputs: Arity(3...4), outputs: Arity(1...2),
      ["scale": .float(\.scale), "causal": .bool(\.causal), "guarded": .bool(\.guarded)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try Self.check(x, mask: 3)
    return [x[0], TensorType(x[0].scalar, Shape(Array(x[0].shape.dimensions.dropLast())))]
  }

  /// Checks query, key and value (inputs 0, 1 and 2) and the mask.
  static func check(_ x: Operands, mask: Int) throws(ShapeError) {
    try requireOneFloatType(x, [0, 1, 2, mask])
    let (q, k, v) = (x[0].shape, x[1].shape, x[2].shape)
    try require(q.rank == 4, "the query is \(q), but must be [batch, heads, tokens, width]")
    try requireEqual(v, k, "the value", "the key")
    try requireEqual(
      k, [q[0], q[1], k.rank == 4 ? k[2] : 0, q[3]], "the key", "with the query's batch, heads and width")
    if x.has(mask) { try checkMask(x[mask].shape, scores: [q[0], q[1], q[2], k[2]]) }
  }

  /// Checks that a mask broadcasts to the scores [B, H, Lq, Lk].
  static func checkMask(_ shape: Shape, scores: Shape) throws(ShapeError) {
    let message = "the mask is \(shape), but must broadcast to \(scores), with its last axis in full"
    try require((1...4).contains(shape.rank), message)
    _ = try agreed(shape[-1], scores[-1], message)
    for axis in 1...4 where axis <= shape.rank && shape[-axis] != 1 {
      _ = try agreed(shape[-axis], scores[-axis], message)
    }
  }

  /// scale · Q Kᵀ with both masks added: [B, H, Lq, Lk].
  static func scores(_ q: Tensor, _ k: Tensor, mask: Tensor?, scale: Float, causal: Bool) -> Tensor {
    var scores = q.matmul(k.transposed()) * scale
    if let mask { scores = scores + mask }
    return causal ? scores + scores.causalMask(queries: q.dimension(2), keys: k.dimension(2)) : scores
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 3, let q = inputs[0], let k = inputs[1], let v = inputs[2] else { return nil }
    let scores = Self.scores(q, k, mask: inputs.count > 3 ? inputs[3] : nil, scale: scale, causal: causal)
    let peak = scores.max([-1], keepDimensions: true)
    let logSum = (scores - peak).exp().sum([-1], keepDimensions: true).log()
    var weights = scores.softmax(axis: -1)
    if guarded { weights = weights.isNaN().select(weights.scalar(0), weights) }
    return [weights.matmul(v), (peak + logSum).squeezed([3])]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    if guarded || p.wants(3) || (p.seeds.count > 1 && p.seeds[1] != nil) { return p.gradientOfDefinition(self) }
    let results = p.input(0).scaledDotProductAttentionGradient(
      key: p.input(1), value: p.input(2), output: p.output(0), p.seed, mask: p.inputs.count > 3 ? p.inputs[3] : nil,
      logSumExp: p.outputs.count > 1 ? p.output(1) : nil, scale: scale, causal: causal)
    return Array([results.dq, results.dk, results.dv, nil].prefix(p.inputs.count))
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, 3, kernel: name)
    let sizes = ck_attention.dense(
      q: site.input(0).sizes, k: site.input(1).sizes, mask: site.has(3) ? site.input(3).sizes : nil, scale: scale,
      causal: causal, guarded: guarded)
    let scratch = withUnsafePointer(to: sizes) { Int(ck_attention_scratch($0, Int32(site.threads))) }
    let hasLogSumExp = site.outputs.count > 1
    return Kernel("ck_attention_f32", flops: sizes.forwardFlops, bytes: site.traffic, scratch: scratch) { b in
      withUnsafePointer(to: sizes) {
        ck_attention_f32(
          b.output(), hasLogSumExp ? b.output(1) : nil, b.input(0), b.input(1), b.input(2), b.input(3), $0, b.scratch)
      }
    }
  }
}

extension Tensor {
  /// softmax(scale · self keyᵀ + mask) value on [B, H, L, Dh].
  public func scaledDotProductAttention(
    _ key: Tensor, _ value: Tensor, mask: Tensor? = nil, scale: Float, causal: Bool, guarded: Bool = false
  ) -> Tensor {
    builder.apply(ScaledDotProductAttention(scale: scale, causal: causal, guarded: guarded), [self, key, value, mask])
  }

  /// 0 where query i may see key j (j ≤ i + keys − queries), −∞ elsewhere: [queries, keys]. Both are int64 vectors of one.
  func causalMask(queries: Tensor, keys: Tensor) -> Tensor {
    let (zero, one) = (builder.constant(NDArray(Int64(0))), builder.constant(NDArray(Int64(1))))
    let last = keys.squeezed([0])
    let rows = builder.range(last - queries.squeezed([0]), last, one).unsqueezed([1])
    let columns = builder.range(zero, last, one).unsqueezed([0])
    return columns.lessOrEqual(to: rows).select(builder.constant(0), builder.constant(-.infinity))
  }
}
