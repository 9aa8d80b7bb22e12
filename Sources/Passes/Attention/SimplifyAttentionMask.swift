import Graphs
import Operators
import Tensors

/// A mask of attention that is repeated need not be; one that hides what follows a token is the causal one.
struct SimplifyAttentionMask: RewriteRule {
  let roots: [any Operator.Type] = [ScaledDotProductAttention.self]
  private let causalMask = CausalMask()

  var problems: [GraphError] { causalMask.problems }

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard var op = site.op(ScaledDotProductAttention.self), site.node.outputs.count == 1, let query = site.input(0),
      let key = site.input(1), let value = site.input(2), let given = site.input(3)
    else { return nil }
    var mask: Tensor? = site.unexpanded(given, keeping: key.shape[2])
    if !op.causal, let known = mask, causalMask.isCausal(known, queries: query.shape[2], keys: key.shape[2], site) {
      (mask, op.causal) = (nil, true)
    }
    if mask?.id == given.id { return nil }
    return site.replaced(by: site.builder.apply(op, [query, key, value, mask]))
  }
}
