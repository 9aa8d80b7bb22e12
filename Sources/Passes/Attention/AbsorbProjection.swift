import Graphs
import Operators
import Tensors

/// Where one query asks, keys and values are not computed: their projection goes to the query and to what the attention
/// gives (`AbsorbedAttention`).
struct AbsorbProjection: RewriteRule {
  let roots: [any Operator.Type] = [CrossAttention.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let op = site.op(CrossAttention.self), let q = site.input(0), let kv = site.input(1) else { return nil }
    guard q.shape[1] == 1 else { return site.decline("\(q.name) may be several queries") }
    guard let linear = site.maker(kv, Linear.self), linear.op.activation == .none, linear.site.input(3) == nil,
      let x = linear.site.input(0), let weight = linear.site.input(1), x.rank == 3, site.isInitializer(weight)
    else { return site.decline("\(kv.name) is no projection of a sequence by weights") }
    guard site.isReadOnce(kv) else { return site.decline("the projection \(kv.name) has another user") }
    return site.replaced(
      by: site.builder.apply(
        AbsorbedAttention(heads: op.heads, transposed: linear.op.transposed),
        [q, x, weight, linear.site.input(2), site.input(2)]))
  }
}
