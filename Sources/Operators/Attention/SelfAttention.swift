import CKernels
import Graphs
import Tensors

/// Multi-head attention of a sequence to itself, on the packed projection q|k|v: [B, L, 3·D] → [B, L, D].
///
/// D is split over `heads`; scores are scaled by width^−½, where width = D / heads. With `causal`, a token sees itself and
/// what comes before it. The second input is optional: numbers that are added to the scores, and broadcast to [B, H, L, L].
/// With `guarded`, a query that sees nothing gives 0, not NaN. The second output is log Σ exp of the scores [B, H, L], for the gradient.
public struct SelfAttention: Operator {
  public var heads = 1
  public var causal = false
  /// Whether weights that are not numbers count as 0.
  public var guarded = false

  public init() {}
  public init(heads: Int, causal: Bool, guarded: Bool = false) {
    (self.heads, self.causal, self.guarded) = (heads, causal, guarded)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "SelfAttention", domain: Catalogue.domain, since: 1, inputs: Arity(1...2), outputs: Arity(1...2),
      ["heads": .int(\.heads), "causal": .bool(\.causal), "guarded": .bool(\.guarded)])
  ]

  static func scale(width: Int) -> Float { Float(1 / Double(width).squareRoot()) }

  /// The width D of the packed projection q|k|v [B, L, 3·D].
  static func width(_ qkv: Shape, heads: Int) throws(ShapeError) -> Int {
    try require(qkv.rank == 3, "q|k|v is \(qkv), but must be [batch, tokens, 3 × width]")
    guard let packed = qkv[2].constant else { throw ShapeError("the width of q|k|v must be a number, not \(qkv[2])") }
    try require(heads >= 1 && heads < 1 << 20, "there must be at least one head, not \(heads)")
    try require(
      packed > 0 && packed % (3 * heads) == 0, "the width \(packed) of q|k|v is not 3 × \(heads) heads of equal width")
    return packed / 3
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1])
    let qkv = x[0].shape
    let width = try Self.width(qkv, heads: heads)
    if x.has(1) {
      try ScaledDotProductAttention.checkMask(x[1].shape, scores: [qkv[0], Dimension(heads), qkv[1], qkv[1]])
    }
    return [
      TensorType(x[0].scalar, [qkv[0], qkv[1], Dimension(width)]),
      TensorType(x[0].scalar, [qkv[0], Dimension(heads), qkv[1]]),
    ]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let qkv = inputs.first, let qkv, let width = try? Self.width(qkv.shape, heads: heads) else { return nil }
    let parts = qkv.split([width, width, width], axis: 2).map { $0.splitHeads(heads, width: width / heads) }
    let results = qkv.builder.apply(
      ScaledDotProductAttention(scale: Self.scale(width: width / heads), causal: causal, guarded: guarded),
      parts + [inputs.count > 1 ? inputs[1] : nil], outputs: 2)
    return [results[0].mergedHeads(width: width), results[1]]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    if guarded || p.inputs.count > 1 || (p.seeds.count > 1 && p.seeds[1] != nil) { return p.gradientOfDefinition(self) }
    return [
      p.input(0).selfAttentionGradient(
        output: p.output(0), p.seed, logSumExp: p.outputs.count > 1 ? p.output(1) : nil, heads: heads, causal: causal)
    ]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, kernel: name)
    let width = try Self.width(Shape(site.input(0).sizes), heads: heads)
    let sizes = ck_attention.packed(
      site.input(0).sizes, mask: site.has(1) ? site.input(1).sizes : nil, heads: heads, causal: causal,
      guarded: guarded)
    let scratch = withUnsafePointer(to: sizes) { Int(ck_attention_scratch($0, Int32(site.threads))) }
    let hasLogSumExp = site.outputs.count > 1
    return Kernel("ck_attention_f32", flops: sizes.forwardFlops, bytes: site.traffic, scratch: scratch) { b in
      let q = b.input(0, as: Float.self)
      withUnsafePointer(to: sizes) {
        ck_attention_f32(
          b.output(), hasLogSumExp ? b.output(1) : nil, q, q.map { $0 + width }, q.map { $0 + 2 * width },
          b.input(1), $0, b.scratch)
      }
    }
  }
}

extension Tensor {
  /// Multi-head attention on the packed projection q|k|v. [B, L, 3·D] → [B, L, D]
  public func selfAttention(heads: Int, causal: Bool) -> Tensor {
    builder.apply(SelfAttention(heads: heads, causal: causal), [self])
  }

  /// The same, and log Σ exp of the scores [B, H, L], which saves the gradient its repeated forward.
  public func selfAttentionWithLogSumExp(heads: Int, causal: Bool) -> (output: Tensor, logSumExp: Tensor) {
    let results = builder.apply(SelfAttention(heads: heads, causal: causal), [self], outputs: 2)
    return (results[0], results[1])
  }

  /// [B, L, H · width] → [B, H, L, width]
  func splitHeads(_ heads: Int, width: Int) -> Tensor {
    reshaped(shape: builder.constant([0, 0, heads, width])).transposed([0, 2, 1, 3])
  }

  /// [B, H, L, width] → [B, L, D]
  func mergedHeads(width: Int) -> Tensor {
    transposed([0, 2, 1, 3]).reshaped(shape: builder.constant([0, 0, width]))
  }
}
