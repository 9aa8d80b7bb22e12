import Graphs
import Operators
import Tensors

/// x + 0, x − 0, x · 1, x / 1.
struct RemoveNeutral: RewriteRule {
  let roots: [any Operator.Type] = [Add.self, Sub.self, Mul.self, Div.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let a = site.input(0), let b = site.input(1), let y = site.output() else { return nil }
    let neutral: Float = site.node.op is Add || site.node.op is Sub ? 0 : 1
    if y.type == a.type, isAll(b, neutral) { return site.replaced(by: a) }
    let commutes = site.node.op is Add || site.node.op is Mul
    if commutes, y.type == b.type, isAll(a, neutral) { return site.replaced(by: b) }
    return nil
  }

  /// Whether a constant holds one number alone, and not too many of it to look. Vectors are left: they may be the scale or
  /// the bias of a normalisation before training.
  private func isAll(_ tensor: Tensor, _ number: Float) -> Bool {
    if let only = tensor.scalarNumber { return only == number }
    guard tensor.rank >= 2, tensor.scalar == .float32, let numbers = tensor.numbers, numbers.count <= 1 << 16 else {
      return false
    }
    return numbers.values(as: Float.self).allSatisfy { $0 == number }
  }
}

/// −(−x)
struct RemoveDoubleNegation: RewriteRule {
  let roots: [any Operator.Type] = [Neg.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let inner = site.maker(site.input(0), Neg.self) else { return nil }
    return site.replaced(by: inner.site.input(0))
  }
}

/// (x · a) · b with numbers a and b is x · (a b).
struct MergeScalarFactors: RewriteRule {
  let roots: [any Operator.Type] = [Mul.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let outer = site.scaled(), outer.x.scalar == .float32, site.isReadOnce(outer.x),
      let inner = site.maker(outer.x, Mul.self)?.site.scaled()
    else { return nil }
    return site.replaced(by: inner.x * (inner.factor * outer.factor))
  }
}

extension RewriteSite {
  /// The operand and the factor of a product with one number, or of a quotient by one; the operand has the result's type.
  func scaled() -> (x: Tensor, factor: Float)? {
    guard let a = input(0), let b = input(1), let y = output() else { return nil }
    if node.op is Mul {
      if let factor = b.scalarNumber, a.type == y.type { return (a, factor) }
      if let factor = a.scalarNumber, b.type == y.type { return (b, factor) }
    }
    if node.op is Div, let divisor = b.scalarNumber, a.type == y.type { return (a, 1 / divisor) }
    return nil
  }
}
