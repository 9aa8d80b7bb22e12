import Graphs
import Tensors

/// Which keys a query sees by its position: query i stands at position p = offset + i among the keys.
struct AttentionSight {
  /// [B, H, Lq, Dh]
  let query: Tensor
  /// [B, H, Lk, Dh]
  let key: Tensor
  /// How many keys come before those of the queries.
  let past: Dimension
  /// How many keys of each batch element are no padding, the queries' own last: int64 [B].
  let lengths: Tensor?
  /// What `past` can be computed from.
  let sources: [Tensor]
  /// Nothing behind p is seen.
  let isCausal: Bool
  /// How far before and behind p is seen; −1 is without end.
  let left: Int
  let right: Int

  /// Whether queries see all keys, or those up to their own position, counted from the first.
  var isPlain: Bool { lengths == nil && left < 0 && right < 0 && (!isCausal || past == 0) }

  /// What is seen, as it broadcasts to [B, H, Lq, Lk]; nil for everything.
  var seen: Tensor? {
    let builder = query.builder
    let keys = builder.positions(key.dimension(2)).unsqueezed([0])
    var position = builder.positions(query.dimension(2)).unsqueezed([1])
    if let lengths {
      let offset = lengths.cast(to: .int64) - query.dimension(2)
      position = position + offset.unsqueezed([1, 2, 3])
    } else if past != 0 {
      position = position + builder.shapeVector([past], from: sources)
    }
    var limits: [Tensor] = []
    if isCausal { limits.append(keys.lessOrEqual(to: position)) }
    if left >= 0 { limits.append(position.lessOrEqual(to: keys + builder.constant([left]))) }
    if right >= 0 { limits.append(keys.lessOrEqual(to: position + builder.constant([right]))) }
    if let lengths { limits.append(keys.less(than: lengths.cast(to: .int64).unsqueezed([1, 2, 3]))) }
    guard let first = limits.first else { return nil }
    return limits.dropFirst().reduce(first) { $0.and($1) }
  }

  /// What is added to the scores: a mask of a caller, which may end before the keys do, and −∞ where nothing is `seen`.
  func bias(_ mask: Tensor?, seen: Tensor?) -> Tensor? {
    guard let mask = mask.map(padded) else { return seen.map(additive) }
    if mask.scalar == .bool { return additive(seen.map { $0.and(mask) } ?? mask) }
    return seen.map { mask + additive($0) } ?? mask
  }

  private func additive(_ seen: Tensor) -> Tensor { seen.additiveMask(hidden: -.infinity, query.scalar) }

  /// The mask with nothing to be seen behind its end.
  private func padded(_ mask: Tensor) -> Tensor {
    guard mask.rank > 0, let extent = mask.shape[-1].constant, let keys = key.shape[2].constant, extent > 1,
      extent < keys
    else { return mask }
    let rest = mask.shape.dimensions.dropLast() + [Dimension(keys - extent)]
    let hidden = mask.scalar == .bool ? mask.scalar(0) : mask.scalar(-.infinity)
    return concatenated([mask, hidden.expanded(to: Array(rest), like: mask)], axis: -1)
  }
}

extension Tensor {
  /// The softmax of scores over keys; with `guarded`, weights that are not numbers count as 0.
  func attentionWeights(guarded: Bool) -> Tensor {
    let weights = softmax(axis: -1)
    return guarded ? weights.isNaN().select(weights.scalar(0), weights) : weights
  }
}
