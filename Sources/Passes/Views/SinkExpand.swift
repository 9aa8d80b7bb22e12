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
      guard input?.shape == y.shape else { continue }
      return site.replaced(by: result.expanded(shape: shape))
    }
    return nil
  }
}

/// Rows that are repeated give rows that are repeated.
struct ExpandBehindRows: RewriteRule {
  let roots: [any Operator.Type] = [MatMul.self, Linear.self, LayerNormalization.self, Transpose.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let y = site.output(), site.node.outputs.count == 1, let expand = site.maker(site.input(0), Expand.self),
      let x = expand.site.input(0), let repeated = site.input(0), x.rank == repeated.rank, x.rank >= 2,
      x.shape[-1] == repeated.shape[-1] || site.node.op is Transpose, x.shape[-2] == 1 || site.node.op is Transpose
    else { return nil }
    var inputs = site.node.inputs.map { $0.map { Tensor(site.builder, $0) } }
    if site.node.op is MatMul || site.node.op is Linear {
      guard site.input(3) == nil, inputs[1]?.rank == 2 else { return nil }
    }
    inputs[0] = x
    let result = site.builder.apply(site.node.op, inputs, outputs: 1)[0]
    return site.replaced(by: site.expanded(result, to: y.shape))
  }
}

extension RewriteSite {
  /// `x` broadcast to a shape whose symbols are read off what it is broadcast along.
  func expanded(_ x: Tensor, to shape: Shape) -> Tensor? {
    guard let repeated = input(0) else { return nil }
    var parts: [Tensor] = []
    for (axis, extent) in shape.dimensions.enumerated() {
      if let number = extent.constant {
        parts.append(builder.constant([number]))
      } else if axis < x.rank, x.shape[axis] == extent {
        parts.append(builder.constant([1]))
      } else if let part = extentTensor(extent, of: repeated) {
        parts.append(part)
      } else {
        return nil
      }
    }
    return x.expanded(shape: concatenated(parts, axis: 0))
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
