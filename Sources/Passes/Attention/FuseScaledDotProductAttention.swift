import Graphs
import Operators
import Tensors

/// Recognises softmax(scale · Q Kᵀ + mask) V on [B, H, L, Dh], or with batch and heads on one axis: the factor before, at or
/// behind the product, and the mask as an input or as the one of causal attention.
public struct FuseScaledDotProductAttention: RewriteRule {
  public let roots: [any Operator.Type] = [MatMul.self]
  private let causalMask = CausalMask()

  public init() {}

  public var problems: [GraphError] { causalMask.problems }

  public func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let guarded = site.input(0), let value = site.input(1), let y = site.output() else { return nil }
    let weights = unguarded(guarded, site)
    guard let softmax = site.maker(weights.tensor, Softmax.self) else { return nil }
    guard let inner = softmax.site.input(0), inner.rank == value.rank, (3...4).contains(inner.rank) else {
      return site.decline("the scores have neither three nor four axes")
    }
    guard softmax.op.axis == -1 || softmax.op.axis == inner.rank - 1 else {
      return site.decline("softmax is not over the keys")
    }
    guard site.isReadOnce(guarded), weights.isWhole else {
      return site.decline("the attention weights have another user")
    }
    guard AttentionScores.leadsToProduct(inner, site), var scores = AttentionScores(inner, causalMask, site) else {
      return nil
    }
    let isGuarded = guarded.id != weights.tensor.id && !scores.seesSomething
    let (batch, heads) = groups(scores, site)
    scores.takeFactors(site)
    guard scores.query.rank == value.rank, scores.transposedKey.rank == value.rank else {
      return site.decline("query or key have another number of axes than the value")
    }
    let key = scores.transposedKey.transposed()
    if y.rank == 4 {
      return site.replaced(
        by: scores.query.scaledDotProductAttention(
          key, value, mask: scores.mask, scale: scores.scale, causal: scores.causal, guarded: isGuarded))
    }
    func apart(_ x: Tensor) -> Tensor? { site.reshaped(x, to: [batch, heads, x.shape[1], x.shape[2]]) }
    guard let query = apart(scores.query), let key = apart(key), let value = apart(value) else {
      return site.decline("batch and heads cannot be told apart")
    }
    let result = query.scaledDotProductAttention(
      key, value, mask: scores.mask, scale: scores.scale, causal: scores.causal, guarded: isGuarded)
    return site.replaced(by: site.reshaped(result, to: y.shape))
  }

  /// The weights before what puts 0 in the place of NaN; whether nothing else reads them.
  private func unguarded(_ tensor: Tensor, _ site: RewriteSite) -> (tensor: Tensor, isWhole: Bool) {
    guard let choice = site.maker(tensor, Where.self), choice.site.input(1)?.scalarNumber == 0,
      let weights = choice.site.input(2), let test = site.maker(choice.site.input(0), IsNaN.self),
      test.site.input(0)?.id == weights.id
    else { return (tensor, true) }
    return (weights, site.users(of: weights).count == 2 && !site.isRoot(weights))
  }

  /// The batch and the heads that the first of three axes holds: as the mask has them, or as the query was split. Where the
  /// two cannot be told apart, they may stand for each other.
  private func groups(_ scores: AttentionScores, _ site: RewriteSite) -> (batch: Dimension, heads: Dimension) {
    if let groups = scores.groups { return groups }
    let digits = site.viewed(scores.query, parts: true).view.axes.first ?? []
    let whole = scores.query.shape[0]
    guard let last = digits.last, last.extent.constant != nil || digits.count > 1,
      let batch = whole.dividedExactly(by: last.extent)
    else { return (whole, 1) }
    return (batch, last.extent)
  }
}
