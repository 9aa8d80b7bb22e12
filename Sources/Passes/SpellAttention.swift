import Graphs
import Operators
import Tensors

/// Spells attention as the standard does from opset 23 on, where the standard can say it: no log Σ exp is asked for, no query
/// that sees nothing is guarded, and a causal mask is square, since ours counts from the last key and the standard's from the
/// first.
public struct SpellAttention: RewriteRule {
  public let roots: [any Operator.Type] = [ScaledDotProductAttention.self, SelfAttention.self]

  public init() {}

  public func rewrite(_ site: RewriteSite) -> Replacement? {
    if let logSumExp = site.output(1), !site.users(of: logSumExp).isEmpty || site.isRoot(logSumExp) {
      return site.decline("log Σ exp is asked for, which the standard's Attention does not give")
    }
    if let op = site.op(SelfAttention.self) { return packed(op, site) }
    guard let op = site.op(ScaledDotProductAttention.self), let query = site.input(0), let key = site.input(1),
      let value = site.input(2)
    else { return nil }
    if op.causal && query.shape[2] != key.shape[2] {
      return site.decline("the causal mask is not square: \(query.shape) and \(key.shape)")
    }
    if op.guarded { return site.decline(Self.guardReason) }
    return site.replaced(
      by: site.builder.apply(
        StandardAttention(isCausal: op.causal, scale: op.scale), [query, key, value, mask(site.input(3))]))
  }

  private static let guardReason = "a query that sees nothing gives 0, which the standard's Attention does not promise"

  /// The standard broadcasts masks of two axes and more.
  private func mask(_ mask: Tensor?) -> Tensor? { mask.map { $0.rank < 2 ? $0.unsqueezed([0]) : $0 } }

  private func packed(_ op: SelfAttention, _ site: RewriteSite) -> Replacement? {
    guard let source = site.input(0), let width = source.shape[2].constant.map({ $0 / 3 }) else { return nil }
    if op.guarded { return site.decline(Self.guardReason) }
    let attention = StandardAttention(queryHeads: op.heads, keyHeads: op.heads, isCausal: op.causal)
    return site.replaced(
      by: site.builder.apply(attention, source.split([width, width, width], axis: 2) + [mask(site.input(1))]))
  }
}
