import Graphs
import Tensors

/// ONNX's Attention: softmax(scale · Q Kᵀ + mask) V.
///
/// Inputs: query, key and value [B, H, L, Dh], or [B, L, H · Dh] with the numbers of heads as attributes; a mask that
/// broadcasts to [B, H, Lq, Lk], true where a key is seen or a number that is added. Heads of queries may share heads of
/// keys. Past keys and values [B, H, P, Dh] come before the others; the second and third output are all of them.
/// The fourth output is the scores: scaled, with softcap, with masks, or as probabilities.
public struct StandardAttention: Macro, Elaborated {
  public var queryHeads: Int?
  public var keyHeads: Int?
  public var isCausal = false
  public var scale: Float?
  public var softcap: Float = 0
  public var softmaxPrecision: ScalarType = .float32
  public var scoresMode = 0

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

  /// Windows over the keys are not supported.
  public static let onnx = {
    var newest = form(since: 25)
    newest.attributes += [
      ("left_window_size", .fixed(.int(-1))), ("right_window_size", .fixed(.int(-1))),
    ]
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
    var past: Dimension = 0
    if inputs.count > 6, inputs[6] != nil {
      builder.record(.unsupported, at: builder.path, "Attention with nonpad_kv_seqlen is not supported")
      return nil
    }
    if inputs.count > 5, let pastKey = inputs[4], let pastValue = inputs[5] {
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
    let mask = inputs.count > 3 ? inputs[3] : nil
    var added = mask.map { $0.scalar == .bool ? $0.additiveMask(hidden: -.infinity, q.scalar) : $0 }
    let (keys, values) = (key.repeatedHeads(heads / shared), value.repeatedHeads(heads / shared))
    let factor = scale ?? SelfAttention.scale(width: width)
    let isCausal = isCausal && past == 0
    if self.isCausal && !isCausal {
      // Counted from the first key that is not of the past.
      let visible = builder.positions(key.dimension(2)).unsqueezed([0])
        .lessOrEqual(
          to: builder.positions(query.dimension(2)).unsqueezed([1])
            + builder.shapeVector([past], from: inputs.compactMap { $0 }))
      let causal = visible.additiveMask(hidden: -.infinity, q.scalar)
      added = added.map { $0 + causal } ?? causal
    }
    var result: Tensor
    var scores: Tensor?
    if outputs > 3 {
      var steps = [query.matmul(keys.transposed()) * factor]
      steps.append(softcap == 0 ? steps[0] : (steps[0] * (1 / softcap)).tanh() * softcap)
      if isCausal {
        let causal = builder.positions(key.dimension(2)).unsqueezed([0])
          .lessOrEqual(to: builder.positions(query.dimension(2)).unsqueezed([1]))
          .additiveMask(hidden: -.infinity, q.scalar)
        added = added.map { $0 + causal } ?? causal
      }
      steps.append(added.map { steps[1] + $0 } ?? steps[1])
      steps.append(steps[2].softmax(axis: -1))
      guard steps.indices.contains(scoresMode) else {
        builder.record(.unsupported, at: builder.path, "Attention has no output mode \(scoresMode)")
        return nil
      }
      (result, scores) = (steps[3].matmul(values), steps[scoresMode])
    } else {
      result = query.attention(keys, values, mask: added, scale: factor, causal: isCausal, softcap: softcap)
    }
    if q.rank == 3, let packed = value.shape[3].constant { result = result.mergedHeads(width: heads * packed) }
    return outputs == 1 ? [result] : [result, key, value] + [scores].compactMap { $0 }
  }
}
