import Graphs
import Operators
import Tensors

/// Operators that give back what they were given: Identity, Reshape to the same shape, Transpose that moves nothing, Expand to
/// the same shape, Cast to the same type, Concat of one, Slice of all, the mean of single pixels.
struct RemoveUnchanged: RewriteRule {
  let roots: [any Operator.Type] = [
    Identity.self, Reshape.self, Transpose.self, Expand.self, Cast.self, Concat.self, Slice.self, Squeeze.self,
    Unsqueeze.self, AveragePool.self,
  ]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let x = site.input(0), let y = site.output(), x.type == y.type else { return nil }
    switch site.node.op {
    case let op as Transpose:
      let moved = op.order(x.rank).filter { x.shape[$0] != 1 }
      if moved != moved.sorted() { return nil }
    case is Concat:
      if site.node.inputs.count != 1 { return nil }
    case is Slice:
      // A step backwards keeps the shape, too.
      if let steps = site.input(4), steps.contents?.allSatisfy({ $0 == 1 }) != true { return nil }
    case let op as AveragePool:
      let window = op.window
      if (window.kernelShape + window.strides).contains(where: { $0 != 1 }) || window.pads.contains(where: { $0 != 0 })
      {
        return nil
      }
    default: break
    }
    return site.replaced(by: x)
  }
}

/// A view of a view is one view; back to the first shape, it is nothing at all.
struct MergeReshapes: RewriteRule {
  let roots: [any Operator.Type] = [Reshape.self, Squeeze.self, Unsqueeze.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let inner = site.maker(site.input(0)), isView(inner.node.op), let x = inner.input(0), let y = site.output()
    else { return nil }
    if x.type == y.type { return site.replaced(by: x) }
    // A view costs nothing: one that others read stays, and what lies behind it keeps its one reader.
    guard let middle = site.input(0), site.isReadOnce(middle) else { return nil }
    return site.replaced(by: x.reshaped(asTypeOf: y))
  }

  private func isView(_ op: any Operator) -> Bool { op is Reshape || op is Squeeze || op is Unsqueeze }
}

/// A Transpose of a Transpose is one.
struct MergeTransposes: RewriteRule {
  let roots: [any Operator.Type] = [Transpose.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let outer = site.op(Transpose.self), let inner = site.maker(site.input(0), Transpose.self),
      let x = inner.site.input(0)
    else { return nil }
    let order = inner.op.order(x.rank)
    let permutation = outer.order(x.rank).map { order[$0] }
    if permutation == Array(0..<x.rank) { return site.replaced(by: x) }
    return site.replaced(by: x.transposed(permutation))
  }
}
