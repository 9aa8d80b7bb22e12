import Graphs
import Operators

/// Puts the definitions of macros in their places, and those of what is only found last (`AbsorbProjection`).
struct ExpandMacros: RewriteRule {
  let roots: [any Operator.Type] = []

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard site.node.op is any Macro || site.node.op is AbsorbedAttention else { return nil }
    let inputs = site.node.inputs.indices.map { site.input($0) }
    guard let results = site.node.op.definition(inputs) else { return nil }
    return Replacement(zip(site.node.outputs, results).compactMap { old, new in old.map { ($0, new) } })
  }
}
