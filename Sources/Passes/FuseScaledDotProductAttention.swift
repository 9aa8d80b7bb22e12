import Graphs
import Operators
import Tensors

/// Recognises softmax(scale · Q Kᵀ + mask) V on [B, H, L, Dh]: the factor before, at or behind the product, and the mask as an
/// input or as the one of causal attention.
public struct FuseScaledDotProductAttention: RewriteRule {
  public let roots: [any Operator.Type] = [MatMul.self]
  private let causalMask = CausalMask()

  public init() {}

  public var problems: [GraphError] { causalMask.problems }

  /// What the scores are made of.
  private struct Scores {
    var query: Tensor
    /// [B, H, Dh, Lk]
    var transposedKey: Tensor
    var scale: Float = 1
    var mask: Tensor?
    var causal = false
  }

  public func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let weights = site.input(0), let value = site.input(1), let softmax = site.maker(weights, Softmax.self) else {
      return nil
    }
    guard let inner = softmax.site.input(0), inner.rank == 4, value.rank == 4 else {
      return site.decline("the scores have not four axes")
    }
    guard softmax.op.axis == -1 || softmax.op.axis == 3 else { return site.decline("softmax is not over the keys") }
    guard site.isReadOnce(weights) else { return site.decline("the attention weights have another user") }
    guard var scores = scores(inner, site) else { return nil }
    if let query = unscaled(scores.query, site) {
      scores.query = query.x
      scores.scale *= query.factor
    }
    if let key = unscaled(scores.transposedKey, site) {
      scores.transposedKey = key.x
      scores.scale *= key.factor
    }
    guard scores.query.rank == 4, scores.transposedKey.rank == 4 else {
      return site.decline("query or key have not four axes")
    }
    return site.replaced(
      by: scores.query.scaledDotProductAttention(
        scores.transposedKey.transposed(), value, mask: scores.mask, scale: scores.scale, causal: scores.causal))
  }

  /// Takes scale · Q Kᵀ + masks apart; nil where it is something else or is read by others.
  private func scores(_ tensor: Tensor, _ site: RewriteSite) -> Scores? {
    guard site.isReadOnce(tensor) else {
      site.decline("the scores \(tensor.name) have another user")
      return nil
    }
    guard let maker = site.maker(tensor), let a = maker.input(0), let b = maker.input(1) else { return nil }
    switch maker.node.op {
    case is MatMul: return Scores(query: a, transposedKey: b)
    case is Mul, is Div:
      guard let part = scaled(maker), var scores = scores(part.x, site), scores.mask == nil, !scores.causal else {
        return nil
      }
      scores.scale *= part.factor
      return scores
    case is Add:
      // The mask may be either operand.
      let isSecond = leadsToProduct(a, site)
      guard isSecond || leadsToProduct(b, site), var scores = scores(isSecond ? a : b, site) else { return nil }
      let mask = isSecond ? b : a
      if !scores.causal, causalMask.isCausal(mask, queries: tensor.shape[2], keys: tensor.shape[3], site) {
        scores.causal = true
      } else {
        scores.mask = scores.mask.map { $0 + mask } ?? mask
      }
      return scores
    default: return nil
    }
  }

  /// Whether a chain of factors and masks begins with a product of matrices.
  private func leadsToProduct(_ tensor: Tensor, _ site: RewriteSite) -> Bool {
    guard tensor.rank == 4, let maker = site.maker(tensor), let a = maker.input(0), let b = maker.input(1) else {
      return false
    }
    switch maker.node.op {
    case is MatMul: return true
    case is Mul, is Div: return scaled(maker).map { leadsToProduct($0.x, site) } ?? false
    case is Add: return leadsToProduct(a, site) || leadsToProduct(b, site)
    default: return false
    }
  }

  /// x · factor with one number.
  private func scaled(_ site: RewriteSite) -> (x: Tensor, factor: Float)? { site.scaled() }

  /// The same for an operand that is read once; transpositions in between stay on the operand.
  private func unscaled(_ tensor: Tensor, _ site: RewriteSite) -> (x: Tensor, factor: Float)? {
    guard let maker = site.maker(tensor), site.isReadOnce(tensor) else { return nil }
    if maker.node.op is Mul || maker.node.op is Div { return scaled(maker) }
    if let transpose = maker.op(Transpose.self), let x = maker.input(0), let inner = unscaled(x, site) {
      return (inner.x.transposed(transpose.order(x.rank)), inner.factor)
    }
    return nil
  }
}
