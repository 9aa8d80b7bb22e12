import Graphs
import Tensors

/// ONNX's Attention: softmax(scale · Q Kᵀ + mask) V.
///
/// Inputs: query, key and value [B, H, L, Dh], or [B, L, H · Dh] with the numbers of heads as attributes; a mask that
/// broadcasts to [B, H, Lq, Lk], true where a key is seen or a number that is added. Heads of queries may share heads of
/// keys. Past keys and values [B, H, P, Dh] come before the others; the second and third output are all of them. Instead of
/// them there may be how many keys of each batch element are no padding (int64 [B]). A query that sees nothing gives 0.
/// The fourth output is the scores: scaled, with softcap, with masks, or as probabilities.
public struct StandardAttention: Macro, Elaborated {
  public var queryHeads: Int?
  public var keyHeads: Int?
  public var isCausal = false
  public var scale: Float?
  public var softcap: Float = 0
  public var softmaxPrecision: ScalarType = .float32
  public var scoresMode = 0
  /// How far before and behind its own position a query sees; −1 is without end.
  public var leftWindow = -1
  public var rightWindow = -1

  public init() {}
  public init(
    queryHeads: Int? = nil, keyHeads: Int? = nil, isCausal: Bool = false, scale: Float? = nil, softcap: Float = 0
  ) {
    (self.queryHeads, self.keyHeads, self.isCausal) = (queryHeads, keyHeads, isCausal)
    (self.scale, self.softcap) = (scale, softcap)
  }

  private static func form(since: Int) -> ONNXForm<Self> {
    ONNXForm(
      "Attention", since: since, inputs: Arity(3...7), outputs: Arity(1...4),
      [
        "q_num_heads": .optionalInt(\.queryHeads), "kv_num_heads": .optionalInt(\.keyHeads),
        "is_causal": .bool(\.isCausal), "scale": .optionalFloat(\.scale), "softcap": .float(\.softcap),
        "softmax_precision": .scalarType(\.softmaxPrecision), "qk_matmul_output_mode": .int(\.scoresMode),
      ])
  }

  private static func window(_ path: AttributeCoding<Self>.Path<Int>) -> AttributeCoding<Self> {
    let coding = AttributeCoding<Self>.int(path)
    return AttributeCoding(
      encode: { $0[keyPath: path] < 0 ? nil : coding.encode($0) },
      decode: { op, value throws(ShapeError) in
        try coding.decode(&op, value)
        try require(op[keyPath: path] >= -1, "must be at least -1, not \(op[keyPath: path])")
      })
  }

  public static let onnx = {
    var newest = form(since: 25)
    newest.attributes += [("left_window_size", window(\.leftWindow)), ("right_window_size", window(\.rightWindow))]
    return [newest, form(since: 24), form(since: 23)]
  }()

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? { results(inputs, outputs: 1) }

  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    let isPlain = outputs == 1 && !inputs.dropFirst(4).contains { $0 != nil }
    return isPlain ? nil : results(inputs, outputs: outputs)
  }

  private func results(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard inputs.count >= 3, let q = inputs[0], let k = inputs[1], let v = inputs[2] else { return nil }
    let builder = q.builder
    let rest = inputs.dropFirst(3) + [Tensor?](repeating: nil, count: 4)
    let (mask, pastKey, pastValue, lengths) = (rest[3], rest[4], rest[5], rest[6])
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
    guard (pastKey == nil) == (pastValue == nil), pastKey == nil || lengths == nil else {
      builder.record(
        .shape, at: builder.path, "Attention takes past_key with past_value, or nonpad_kv_seqlen, or none of them")
      return nil
    }
    var past: Dimension = 0
    if let pastKey, let pastValue {
      past = pastKey.rank == 4 ? pastKey.shape[2] : 0
      (key, value) = (concatenated([pastKey, key], axis: 2), concatenated([pastValue, value], axis: 2))
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
    let sight = AttentionSight(
      query: query, key: key, past: past, lengths: lengths, sources: inputs.compactMap { $0 },
      isCausal: isCausal, left: leftWindow, right: rightWindow)
    // Without past and limits, the kernel knows what comes before a query.
    let isPlain = outputs < 4 && sight.isPlain
    let added = sight.bias(mask, seen: isPlain ? nil : sight.seen)
    // What depends on data may hide everything from a query, whose result is then 0.
    let guarded = mask != nil || lengths != nil || leftWindow >= 0 || rightWindow >= 0
    let (keys, values) = (key.repeatedHeads(heads / shared), value.repeatedHeads(heads / shared))
    let factor = scale ?? SelfAttention.scale(width: width)
    var result: Tensor
    var scores: Tensor?
    if outputs > 3 {
      var steps = [query.matmul(keys.transposed()) * factor]
      steps.append(softcap == 0 ? steps[0] : (steps[0] * (1 / softcap)).tanh() * softcap)
      steps.append(added.map { steps[1] + $0 } ?? steps[1])
      steps.append(steps[2].attentionWeights(guarded: guarded))
      guard steps.indices.contains(scoresMode) else {
        builder.record(.unsupported, at: builder.path, "Attention has no output mode \(scoresMode)")
        return nil
      }
      (result, scores) = (steps[3].matmul(values), steps[scoresMode])
    } else {
      result = query.attention(
        keys, values, mask: added, scale: factor, causal: isCausal && isPlain, softcap: softcap, guarded: guarded)
    }
    if q.rank == 3, let packed = value.shape[3].constant { result = result.mergedHeads(width: heads * packed) }
    return outputs == 1 ? [result] : [result, key, value] + [scores].compactMap { $0 }
  }
}
