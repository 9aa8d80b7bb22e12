import CKernels
import Graphs
import Tensors

/// Multi-head attention of one query to the projection k|v of a sequence, which is not computed: q [B, 1, D],
/// x [B, L, C] and the projection's weight [C, 2·D] ([2·D, C] when `transposed`) give [B, 1, D].
///
/// With weights a = softmax(q (x Wk)ᵀ), the scores are (q Wkᵀ) xᵀ and the result (a x) Wv: 2·D·C multiplications and 2·L·C
/// a head take the place of 2·L·C·D. What Wk's bias adds to the scores is the same for every token, and a softmax does
/// not see it. The weights are absorbed as in DeepSeek-AI, "DeepSeek-V2" (2024), section 2.1.2.
///
/// Inputs: q, x, weight, bias [2·D] (optional), and numbers (optional) that are added to the scores and broadcast to
/// [B, H, 1, L].
public struct AbsorbedAttention: Operator {
  public var heads = 1
  public var transposed = false

  public init() {}
  public init(heads: Int, transposed: Bool) { (self.heads, self.transposed) = (heads, transposed) }

  public static let onnx = [
    ONNXForm<Self>(
      "AbsorbedAttention", domain: Catalogue.domain, since: 1, inputs: Arity(3...5),
      ["heads": .int(\.heads), "transposed": .bool(\.transposed)])
  ]

  private var attention: CrossAttention { CrossAttention(heads: heads) }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1, 2, 3, 4])
    try require(x[1].shape.rank == 3, "x is \(x[1].shape), but must be [batch, tokens, channels]")
    try require(x[2].shape.rank == 2, "the weight is \(x[2].shape), but must be a matrix")
    let kv = try MatrixProduct.infer(x[1], x[2], transposeB: transposed)
    try require(x[0].shape.rank == 3 && x[0].shape[1] == 1, "q is \(x[0].shape), but must be [batch, 1, width]")
    let width = x[2].shape[transposed ? 0 : 1]
    if x.has(3) { try requireEqual(x[3].shape, [width], "the bias", "the width of k|v") }
    return try attention.infer(Operands(types: [x[0], kv, x.has(4) ? x[4] : nil], contents: [nil, nil, nil]))
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 3, let q = inputs[0], let x = inputs[1], let weight = inputs[2] else { return nil }
    let kv = x.linear(weight, bias: inputs.count > 3 ? inputs[3] : nil, transposed: transposed)
    return [q.crossAttention(kv, mask: inputs.count > 4 ? inputs[4] : nil, heads: heads)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, 3, 4, kernel: name)
    let (q, x) = (site.input(0).sizes, site.input(1).sizes)
    var sizes = ck_absorbed_attention(
      batch: Int64(q[0]), heads: Int64(heads), keys: Int64(x[1]), width: Int64(q[2] / heads), channels: Int64(x[2]),
      scale: SelfAttention.scale(width: q[2] / heads), transposed: transposed, packed: false,
      mask: .mask(site.has(4) ? site.input(4).sizes : nil, in: [q[0], heads, 1, x[1]]))
    let packings = packings(site, &sizes)
    let pairs = saturatingProduct(q[0], x[2], q[2] + saturatingProduct(heads, x[1]))
    var kernel = Kernel("ck_absorbed_attention_f32", flops: saturatingProduct(4, pairs), bytes: site.traffic) {
      [sizes] b in
      withUnsafePointer(to: sizes) {
        ck_absorbed_attention_f32(b.output(), b.input(0), b.input(1), b.input(2), b.input(3), b.input(4), $0, b.scratch)
      }
    }
    kernel.scratch = withUnsafePointer(to: sizes) { Int(ck_absorbed_attention_scratch($0)) }
    kernel.packings = packings
    return kernel
  }

  /// Reads the weight packed by heads, where it is a constant.
  private func packings(_ site: CallSite, _ sizes: inout ck_absorbed_attention) -> [WeightPacking] {
    guard site.packsWeights, site.input(2).constant != nil, sizes.channels > 0 else { return [] }
    let stored = sizes
    sizes.packed = true
    let bytes = withUnsafePointer(to: stored) { Int(ck_absorbed_attention_packed_elements($0)) }
    var packing = WeightPacking(
      input: 2, layout: "absorbed by \(heads) heads\(transposed ? ", transposed" : "")",
      byteCount: bytes * MemoryLayout<Float>.size
    ) { packed, operand in
      withUnsafePointer(to: stored) {
        ck_absorbed_attention_pack_f32(packed.assumingMemoryBound(to: Float.self), operand, $0)
      }
    }
    packing.takesAnyAddress = true
    return [packing]
  }
}
