import Graphs
import Operators
import Tensors

/// What is repeated for an operator on single elements is repeated by its broadcasting, or afterwards.
struct ExpandBehindElements: RewriteRule {
  let roots: [any Operator.Type] = [
    Add.self, Sub.self, Mul.self, Div.self, Where.self, And.self, Or.self, Equal.self, Cast.self,
  ]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let y = site.output(), y.contents == nil else { return nil }
    let inputs = site.node.inputs.map { $0.map { Tensor(site.builder, $0) } }
    for (position, input) in inputs.enumerated() {
      guard let expand = site.maker(input, Expand.self), let x = expand.site.input(0), let shape = expand.site.input(1)
      else { continue }
      var operands = inputs
      operands[position] = x
      let result = site.builder.apply(site.node.op, operands, outputs: 1)[0]
      if result.type == y.type { return site.replaced(by: result) }
      let others = inputs.enumerated().filter { $0.offset != position }.compactMap(\.element)
      guard others.allSatisfy({ $0.shape.elementCount == 1 && $0.rank <= x.rank }) else { continue }
      return site.replaced(by: result.expanded(shape: shape))
    }
    return nil
  }
}

/// Repeating axes of one element is expanding them.
struct TileAsExpand: RewriteRule {
  let roots: [any Operator.Type] = [Tile.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let x = site.input(0), let repeats = site.input(1), let counts = repeats.contents, counts.count == x.rank,
      zip(counts, x.shape.dimensions).allSatisfy({ $0 == 1 || $1 == 1 })
    else { return nil }
    return site.replaced(by: x.expanded(shape: repeats))
  }
}
