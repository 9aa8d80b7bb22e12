import Graphs
import Operators
import Tensors

/// Rows of a widened table are widened rows: a table in half precision, as of token embeddings, stays as it is.
struct GatherBeforeCast: RewriteRule {
  let roots: [any Operator.Type] = [Gather.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let gather = site.op(Gather.self), let indices = site.input(1),
      let cast = site.maker(site.input(0), Cast.self), let table = cast.site.input(0),
      table.scalar.isFloat, cast.op.to.isFloat
    else { return nil }
    guard table.scalar.size < cast.op.to.size else { return site.decline("the table becomes no wider") }
    guard table.numbers != nil else { return site.decline("the table is no constant") }
    return site.replaced(by: table.gather(indices, axis: gather.axis).cast(to: cast.op.to))
  }
}
