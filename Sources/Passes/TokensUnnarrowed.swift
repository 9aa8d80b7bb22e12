import Graphs
import Operators
import Tensors

/// Tokens that are looked up in a table fit into 32 bits: what compares or searches them need not narrow them first.
struct TokensUnnarrowed: RewriteRule {
  let roots: [any Operator.Type] = [ArgMax.self, Equal.self, Cast.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let narrow = site.maker(site.input(0), Cast.self), narrow.op.to == .int32, let x = narrow.site.input(0),
      x.scalar == .int64, site.users(of: x).contains(where: { looksUp(x, $0) })
    else { return nil }
    switch site.node.op {
    case let op as ArgMax: return site.replaced(by: site.builder.apply(op, [x]))
    case let op as Cast: return op.to == .int64 ? site.replaced(by: x) : nil
    case is Equal:
      guard let other = site.input(1), other.numbers != nil else { return nil }
      return site.replaced(by: x.equal(to: other.cast(to: .int64)))
    default: return nil
    }
  }

  private func looksUp(_ x: Tensor, _ site: RewriteSite) -> Bool {
    guard let op = site.op(Gather.self), let table = site.input(0), site.input(1)?.id == x.id, table.rank > 0,
      let axis = try? table.shape.axis(op.axis), let rows = table.shape[axis].constant
    else { return false }
    return rows <= Int(Int32.max)
  }
}
