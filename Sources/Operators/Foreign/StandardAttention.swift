import Graphs
import Tensors

/// ONNX's Attention: softmax(scale · Q Kᵀ + mask) V, without a cache of keys and values.
///
/// Inputs: query, key and value [B, H, L, Dh], or [B, L, H · Dh] with the numbers of heads as attributes; a mask that
/// broadcasts to [B, H, Lq, Lk], true where a key is seen or a number that is added. Heads of queries may share heads of
/// keys.
public struct StandardAttention: Macro {
  public var queryHeads: Int?
  public var keyHeads: Int?
  public var isCausal = false
  public var scale: Float?
  public var softcap: Float = 0
  public var softmaxPrecision: ScalarType = .float32

  public init() {}
  public init(
    queryHeads: Int? = nil, keyHeads: Int? = nil, isCausal: Bool = false, scale: Float? = nil, softcap: Float = 0
  ) {
    (self.queryHeads, self.keyHeads, self.isCausal) = (queryHeads, keyHeads, isCausal)
    (self.scale, self.softcap) = (scale, softcap)
  }

  private static func form(since: Int) -> ONNXForm<Self> {
    ONNXForm(
      "Attention", since: since, inputs: Arity(3...6), outputs: Arity(1...4),
      [
        "q_num_heads": .optionalInt(\.queryHeads), "kv_num_heads": .optionalInt(\.keyHeads),
        "is_causal": .bool(\.isCausal), "scale": .optionalFloat(\.scale), "softcap": .float(\.softcap),
        "softmax_precision": .scalarType(\.softmaxPrecision), "qk_matmul_output_mode": .fixed(.int(0)),
      ])
  }

  public static let onnx = [form(since: 24), form(since: 23)]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 3, let q = inputs[0], let k = inputs[1], let v = inputs[2] else { return nil }
    let builder = q.builder
    for (position, name) in [(4, "past_key"), (5, "past_value"), (6, "nonpad_kv_seqlen")]
    where position < inputs.count && inputs[position] != nil {
      builder.record(.unsupported, at: builder.path, "Attention with \(name) is not supported")
      return nil
    }
    var (query, key, value) = (q, k, v)
    if q.rank == 3 {
      guard let queryHeads, let keyHeads else {
        builder.record(.shape, at: builder.path, "Attention of three axes needs q_num_heads and kv_num_heads")
        return nil
      }
      query = q.heads(queryHeads, "the query")
      key = k.heads(keyHeads, "the key")
      value = v.heads(keyHeads, "the value")
    }
    if query.isPoisoned || key.isPoisoned || value.isPoisoned { return [Tensor(builder, nil)] }
    guard query.rank == 4, key.rank == 4, value.rank == 4, let width = query.shape[3].constant, width > 0,
      let heads = query.shape[1].constant, let shared = key.shape[1].constant, shared > 0, heads % shared == 0
    else {
      builder.record(
        .shape, at: builder.path,
        "Attention's query is \(q.shape), its key \(k.shape), its value \(v.shape): the heads do not fit")
      return nil
    }
    let mask = inputs.count > 3 ? inputs[3] : nil
    let added = mask.map { $0.scalar == .bool ? $0.additiveMask(hidden: -.infinity, q.scalar) : $0 }
    let result = query.attention(
      key.repeatedHeads(heads / shared), value.repeatedHeads(heads / shared), mask: added,
      scale: scale ?? SelfAttention.scale(width: width), causal: isCausal, softcap: softcap)
    guard q.rank == 3, let packed = value.shape[3].constant else { return [result] }
    return [result.mergedHeads(width: heads * packed)]
  }
}
