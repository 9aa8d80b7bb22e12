import Graphs
import Operators
import Tensors

/// Recognises the mask that lets a token see itself and what comes before it.
struct CausalMask: Sendable {
  /// The mask as our definition of causal attention writes it.
  private let pattern: Pattern

  init() {
    pattern = .canonical { p in
      let queries = p.typed("q", [.symbol("B"), .symbol("H"), .symbol("L"), 8])
      let keys = p.typed("k", [.symbol("B"), .symbol("H"), .symbol("L"), 8])
      let definition = ScaledDotProductAttention(scale: 1, causal: true).definition([queries, keys, keys])
      // The mask is what the definition adds to the scores.
      let sum = p.builder.graph.nodes.first { $0.op is Add }
      guard definition != nil, let mask = sum?.inputs.last, let mask else { return Tensor(p.builder, nil) }
      return Tensor(p.builder, mask)
    }
  }

  var problems: [GraphError] { pattern.problems }

  func isCausal(_ mask: Tensor, queries: Dimension, keys: Dimension, _ site: RewriteSite) -> Bool {
    guard mask.scalar == .float32, mask.rank >= 2, mask.shape[-2] == queries, mask.shape[-1] == keys,
      mask.shape.dimensions.dropLast(2).allSatisfy({ $0 == 1 })
    else { return false }
    guard let numbers = mask.numbers else {
      return site.visibility(mask) == keys - queries || (queries == keys && pattern.match(at: mask, site) != nil)
    }
    guard let rows = queries.constant, let columns = keys.constant else { return false }
    let values = numbers.values(as: Float.self)
    for row in 0..<rows {
      for column in 0..<columns {
        let value = values[row * columns + column]
        let isSeen = column <= row + columns - rows
        // Beyond −1e30, exp gives 0 just as it does for −∞.
        if isSeen ? value != 0 : !(value < -1e30) { return false }
      }
    }
    return rows <= columns
  }
}
