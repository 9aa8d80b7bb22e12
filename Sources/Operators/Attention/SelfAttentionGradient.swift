import CKernels
import Graphs
import Tensors

/// The gradient of `SelfAttention`. Inputs: q|k|v [B, L, 3·D], output and dout [B, L, D], log-sum-exp [B, H, L] (optional:
/// it is computed again where it is absent). Output: the gradient of q|k|v.
public struct SelfAttentionGradient: Operator {
  public var heads = 1
  public var causal = false

  public init() {}
  public init(heads: Int, causal: Bool) { (self.heads, self.causal) = (heads, causal) }

  public static let onnx = [
    ONNXForm<Self>(
      "SelfAttentionGradient", domain: Catalogue.domain, since: 1, inputs: Arity(3...4),
      ["heads": .int(\.heads), "causal": .bool(\.causal)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1, 2, 3])
    let qkv = x[0].shape
    let result: Shape = [qkv[0], qkv[1], Dimension(try SelfAttention.width(qkv, heads: heads))]
    try requireEqual(x[1].shape, result, "the output", "a third of q|k|v")
    try requireEqual(x[2].shape, result, "dout", "a third of q|k|v")
    if x.has(3) {
      try requireEqual(
        x[3].shape, [qkv[0], Dimension(heads), qkv[1]], "the log-sum-exp", "one number a head and token")
    }
    return [x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 3, let qkv = inputs[0], let output = inputs[1], let dout = inputs[2],
      let width = try? SelfAttention.width(qkv.shape, heads: heads)
    else { return nil }
    let parts = qkv.split([width, width, width], axis: 2).map { $0.splitHeads(heads, width: width / heads) }
    let results = parts[0].scaledDotProductAttentionGradient(
      key: parts[1], value: parts[2], output: output.splitHeads(heads, width: width / heads),
      dout.splitHeads(heads, width: width / heads), logSumExp: inputs.count > 3 ? inputs[3] : nil,
      scale: SelfAttention.scale(width: width / heads), causal: causal)
    return [concatenated([results.dq, results.dk, results.dv].map { $0.mergedHeads(width: width) }, axis: 2)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, 3, kernel: name)
    let width = try SelfAttention.width(Shape(site.input(0).sizes), heads: heads)
    let sizes = ck_attention.packed(site.input(0).sizes, heads: heads, causal: causal)
    let backward = AttentionBackward(sizes, threads: site.threads, recomputes: !site.has(3))
    return Kernel(
      "ck_attention_gradient_f32", flops: backward.flops, bytes: site.traffic, scratch: backward.scratch
    ) { b in
      let q = b.input(0, as: Float.self)
      let dq = b.output(0, as: Float.self)
      backward.run(
        AttentionBackward.Operands(
          dq: dq, dk: dq.map { $0 + width }, dv: dq.map { $0 + 2 * width }, q: q, k: q.map { $0 + width },
          v: q.map { $0 + 2 * width }, out: b.input(1), dout: b.input(2), mask: nil, logSumExp: b.input(3)),
        scratch: b.scratch)
    }
  }
}

extension Tensor {
  /// The gradient of `selfAttention` of self.
  public func selfAttentionGradient(
    output: Tensor, _ dout: Tensor, logSumExp: Tensor? = nil, heads: Int, causal: Bool
  ) -> Tensor {
    builder.apply(SelfAttentionGradient(heads: heads, causal: causal), [self, output, dout, logSumExp])
  }
}
