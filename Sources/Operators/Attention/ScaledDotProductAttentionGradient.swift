import CKernels
import Graphs
import Tensors

/// The gradients of attention. Inputs: query, key, value, output, dout, mask (optional), log-sum-exp (optional: it is
/// computed again where it is absent). Outputs: dquery, dkey, dvalue.
///
///     P = exp(scores − log-sum-exp);   dS = scale · P ∘ (dO Vᵀ − rowsum(dO ∘ O))
///     dQ = dS K;   dK = dSᵀ Q;   dV = Pᵀ dO
public struct ScaledDotProductAttentionGradient: Operator {
  public var scale: Float = 1
  public var causal = false

  public init() {}
  public init(scale: Float, causal: Bool) { (self.scale, self.causal) = (scale, causal) }

  public static let onnx = [
    ONNXForm<Self>(
      "ScaledDotProductAttentionGradient", domain: Catalogue.domain, since: 1, inputs: Arity(5...7), outputs: 3,
      ["scale": .float(\.scale), "causal": .bool(\.causal)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try ScaledDotProductAttention.check(x, mask: 5)
    try requireOneFloatType(x, [0, 3, 4, 6])
    try requireEqual(x[3].shape, x[0].shape, "the output", "the query")
    try requireEqual(x[4].shape, x[0].shape, "dout", "the query")
    if x.has(6) {
      let rows = Shape(Array(x[0].shape.dimensions.dropLast()))
      try requireEqual(x[6].shape, rows, "the log-sum-exp", "one number a query")
    }
    return [x[0], x[1], x[2]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 5, let q = inputs[0], let k = inputs[1], let v = inputs[2], let output = inputs[3],
      let dout = inputs[4]
    else { return nil }
    let scores = ScaledDotProductAttention.scores(
      q, k, mask: inputs.count > 5 ? inputs[5] : nil, scale: scale, causal: causal)
    let logSumExp = inputs.count > 6 ? inputs[6] : nil
    let probabilities = logSumExp.map { (scores - $0.unsqueezed([3])).exp() } ?? scores.softmax(axis: -1)
    let projection = (dout * output).sum([-1], keepDimensions: true)
    let dscores = probabilities * (dout.matmul(v.transposed()) - projection) * scale
    return [dscores.matmul(k), dscores.transposed().matmul(q), probabilities.transposed().matmul(dout)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, 3, 4, 5, 6, kernel: name)
    let sizes = ck_attention.dense(
      q: site.input(0).sizes, k: site.input(1).sizes, mask: site.has(5) ? site.input(5).sizes : nil, scale: scale,
      causal: causal)
    let backward = AttentionBackward(sizes, threads: site.threads, recomputes: !site.has(6))
    return Kernel(
      "ck_attention_gradient_f32", flops: backward.flops, bytes: site.traffic, scratch: backward.scratch
    ) { b in
      backward.run(
        AttentionBackward.Operands(
          dq: b.output(0), dk: b.output(1), dv: b.output(2), q: b.input(0), k: b.input(1), v: b.input(2),
          out: b.input(3), dout: b.input(4), mask: b.input(5), logSumExp: b.input(6)), scratch: b.scratch)
    }
  }
}

extension Tensor {
  /// The gradients of attention whose query is self.
  public func scaledDotProductAttentionGradient(
    key: Tensor, value: Tensor, output: Tensor, _ dout: Tensor, mask: Tensor? = nil, logSumExp: Tensor? = nil,
    scale: Float, causal: Bool
  ) -> (dq: Tensor, dk: Tensor, dv: Tensor) {
    let results = builder.apply(
      ScaledDotProductAttentionGradient(scale: scale, causal: causal),
      [self, key, value, output, dout, mask, logSumExp], outputs: 3)
    return (results[0], results[1], results[2])
  }
}
