import Graphs
import Tensors

/// Multi-head attention on projections that were made apart, as ONNX Runtime fuses it.
///
/// Inputs: query [B, Lq, D], key [B, Lk, D], value [B, Lk, Dv], bias [2 · D + Dv]?, a mask of keys as `MicrosoftAttention` has
/// it?, numbers added to the scores?. Past keys and values are refused.
public struct MultiHeadAttention: Macro {
  public var heads = 1
  public var isCausal = false
  public var scale: Float?
  public var hidden: Float = -10_000

  public init() {}
  public init(heads: Int, isCausal: Bool = false, scale: Float? = nil) {
    (self.heads, self.isCausal, self.scale) = (heads, isCausal, scale)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "MultiHeadAttention", domain: Catalogue.microsoft, since: 1, inputs: Arity(3...6),
      [
        "num_heads": .int(\.heads), "unidirectional": .bool(\.isCausal), "scale": .optionalFloat(\.scale),
        "mask_filter_value": .float(\.hidden),
      ], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 3, var query = inputs[0], var key = inputs[1], var value = inputs[2] else { return nil }
    func input(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
    guard query.rank == 3, key.rank == 3, value.rank == 3, let width = query.shape[2].constant,
      let packed = value.shape[2].constant, heads > 0, width > 0, width % heads == 0
    else {
      query.builder.record(
        .unsupported, at: query.builder.path,
        "MultiHeadAttention on \(query.shape), \(key.shape) and \(value.shape) with \(heads) heads is not supported")
      return nil
    }
    var mask = input(4).flatMap { $0.keyMask(of: query, keys: key, hidden: hidden) }
    if let given = input(4), mask == nil, !given.isPoisoned { return nil }
    if let added = input(5) { mask = mask.map { $0 + added } ?? added }
    if let bias = input(3) {
      let parts = bias.split([width, width, packed], axis: 0)
      (query, key, value) = (query + parts[0], key + parts[1], value + parts[2])
    }
    let result = query.heads(heads, "the query").attention(
      key.heads(heads, "the key"), value.heads(heads, "the value"), mask: mask,
      scale: scale ?? SelfAttention.scale(width: width / heads), causal: isCausal)
    return [result.mergedHeads(width: packed)]
  }
}
