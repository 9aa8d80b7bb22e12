import Graphs
import Operators
import Tensors

/// A product whose operands have their last two axes swapped takes the swap in.
struct TransposeIntoProduct: RewriteRule {
  let roots: [any Operator.Type] = [MatMul.self, FusedMatMul.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let a = site.input(0), let b = site.input(1), a.rank >= 2, b.rank >= 2, a.scalar.isFloat
    else { return nil }
    let (left, right) = (swapped(a, site), swapped(b, site))
    if left == nil, right == nil { return nil }
    let op = site.op(FusedMatMul.self) ?? FusedMatMul()
    return site.replaced(
      by: (left ?? a).matmul(
        right ?? b, transposeA: op.transposeA != (left != nil), transposeB: op.transposeB != (right != nil),
        alpha: op.alpha))
  }

  /// What `tensor` is the Transpose of, where that swaps the last two axes and nothing else.
  private func swapped(_ tensor: Tensor, _ site: RewriteSite) -> Tensor? {
    guard let maker = site.maker(tensor, Transpose.self), swapsLastAxes(maker.op, tensor.rank) else { return nil }
    return maker.site.input(0)
  }
}

/// A product times a number takes the number in.
struct ScaleIntoProduct: RewriteRule {
  let roots: [any Operator.Type] = [Mul.self, Div.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let scaled = site.scaled(), let maker = site.maker(scaled.x),
      maker.node.op is MatMul || maker.node.op is FusedMatMul, let a = maker.input(0), let b = maker.input(1),
      a.rank >= 2, b.rank >= 2, a.scalar.isFloat
    else { return nil }
    guard site.isReadOnce(scaled.x) else { return site.decline("the product has another user") }
    let op = maker.op(FusedMatMul.self) ?? FusedMatMul()
    return site.replaced(
      by: a.matmul(b, transposeA: op.transposeA, transposeB: op.transposeB, alpha: op.alpha * scaled.factor))
  }
}

/// A product whose operand is times a number takes the number in.
struct FactorIntoProduct: RewriteRule {
  let roots: [any Operator.Type] = [MatMul.self, FusedMatMul.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let a = site.input(0), let b = site.input(1), a.rank >= 2, b.rank >= 2, a.scalar.isFloat
    else { return nil }
    let (left, right) = (scaled(a, site), scaled(b, site))
    if left == nil, right == nil { return nil }
    let op = site.op(FusedMatMul.self) ?? FusedMatMul()
    return site.replaced(
      by: (left?.x ?? a).matmul(
        right?.x ?? b, transposeA: op.transposeA, transposeB: op.transposeB,
        alpha: op.alpha * (left?.factor ?? 1) * (right?.factor ?? 1)))
  }

  private func scaled(_ tensor: Tensor, _ site: RewriteSite) -> (x: Tensor, factor: Float)? {
    guard let maker = site.maker(tensor), let part = maker.scaled() else { return nil }
    guard site.isReadOnce(tensor) else {
      site.decline("the operand \(tensor.name) has another user")
      return nil
    }
    return part
  }
}

/// (A · B)ᵀ = Bᵀ · Aᵀ: the Transpose of a product is a product, as in the gradients of weights that are stored transposed.
struct TransposeOfProduct: RewriteRule {
  let roots: [any Operator.Type] = [Transpose.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let product = site.input(0), let transpose = site.op(Transpose.self), swapsLastAxes(transpose, product.rank),
      let maker = site.maker(product), maker.node.op is MatMul || maker.node.op is FusedMatMul,
      let a = maker.input(0), let b = maker.input(1), a.rank >= 2, b.rank >= 2
    else { return nil }
    guard site.isReadOnce(product) else { return site.decline("the product has another user") }
    let op = maker.op(FusedMatMul.self) ?? FusedMatMul()
    return site.replaced(
      by: b.matmul(a, transposeA: !op.transposeB, transposeB: !op.transposeA, alpha: op.alpha))
  }
}

private func swapsLastAxes(_ op: Transpose, _ rank: Int) -> Bool {
  rank >= 2 && op.order(rank) == Array(0..<rank - 2) + [rank - 1, rank - 2]
}
