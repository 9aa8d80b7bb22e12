import Graphs
import Operators
import Tensors

/// A product with a weight of the graph, [K, N] or the Transpose of [N, K], is a Linear.
struct LinearFromProduct: RewriteRule {
  let roots: [any Operator.Type] = [MatMul.self, Gemm.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let x = site.input(0), let weight = site.input(1), x.rank >= 1, weight.rank == 2, x.scalar.isFloat
    else { return nil }
    if let gemm = site.op(Gemm.self) {
      guard site.isInitializer(weight) else { return nil }
      let bias = site.input(2)
      guard gemm.alpha == 1, gemm.beta == 1, !gemm.transposeA, bias.map({ $0.rank == 1 }) ?? true else {
        return site.decline("the Gemm has factors, a transposed x, or a bias that is no vector")
      }
      return site.replaced(by: x.linear(weight, bias: bias, transposed: gemm.transposeB))
    }
    if site.isInitializer(weight) { return site.replaced(by: x.linear(weight)) }
    guard let transpose = site.maker(weight, Transpose.self), transpose.op.order(2) == [1, 0],
      let source = transpose.site.input(0), site.isInitializer(source)
    else { return nil }
    return site.replaced(by: x.linear(source, transposed: true))
  }
}

/// What is added to a Linear is its bias, or the residual.
struct LinearWithAddend: RewriteRule {
  /// Whether residuals are taken in, too.
  var takesResiduals = true

  var roots: [any Operator.Type] { [Add.self] }

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let y = site.output() else { return nil }
    for (position, other) in [(0, 1), (1, 0)] {
      guard let linear = site.input(position), let addend = site.input(other), linear.type == y.type,
        let maker = site.maker(linear, Linear.self), let x = maker.site.input(0), let weight = maker.site.input(1)
      else { continue }
      guard site.isReadOnce(linear) else {
        site.decline("the product \(linear.name) has another user")
        continue
      }
      let (bias, residual) = (maker.site.input(2), maker.site.input(3))
      if residual != nil { continue }
      if bias == nil, maker.op.activation == .none, addend.rank == 1, addend.shape[0] == y.shape[-1] {
        return site.replaced(by: x.linear(weight, bias: addend, transposed: maker.op.transposed))
      }
      if bias == nil, maker.op.activation == .none, let inner = biased(addend, site) {
        let result = x.linear(
          weight, bias: inner.bias, residual: takesResiduals ? inner.residual : nil, transposed: maker.op.transposed)
        return site.replaced(by: takesResiduals ? result : result + inner.residual)
      }
      guard takesResiduals, addend.type == y.type else { continue }
      guard let pre = maker.site.output(1), let old = pre.id, let id = y.id else {
        return site.replaced(
          by: x.linear(
            weight, bias: bias, residual: addend, transposed: maker.op.transposed, activation: maker.op.activation))
      }
      let results = x.linearWithPreActivation(
        weight, bias: bias, residual: addend, transposed: maker.op.transposed, activation: maker.op.activation)
      return Replacement([(id, results.output), (old, results.preActivation)])
    }
    return nil
  }

  /// A residual to which the bias was added before the product.
  private func biased(_ addend: Tensor, _ site: RewriteSite) -> (bias: Tensor, residual: Tensor)? {
    guard let sum = site.maker(addend, Add.self), site.isReadOnce(addend) else { return nil }
    for (position, other) in [(0, 1), (1, 0)] {
      guard let bias = sum.site.input(position), let residual = sum.site.input(other), site.isInitializer(bias),
        bias.rank == 1, residual.rank > 1, residual.type == addend.type, bias.shape[0] == residual.shape[-1]
      else { continue }
      return (bias, residual)
    }
    return nil
  }
}

/// An activation of a Linear is the Linear's. Where backward reads what the activation was applied to, that becomes the
/// second output.
struct LinearWithActivation: RewriteRule {
  let roots: [any Operator.Type] = [Gelu.self, QuickGelu.self, Relu.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let pre = site.input(0), let maker = site.maker(pre, Linear.self), let x = maker.site.input(0),
      let weight = maker.site.input(1), let y = site.output()
    else { return nil }
    guard maker.op.activation == .none, maker.site.input(3) == nil else {
      return site.decline("the product has an activation or a residual already")
    }
    let (bias, transposed) = (maker.site.input(2), maker.op.transposed)
    let activation = Activation(site.node.op) ?? .none
    if site.isReadOnce(pre) {
      return site.replaced(by: x.linear(weight, bias: bias, transposed: transposed, activation: activation))
    }
    let others = site.users(of: pre).filter { !$0.isSame(as: site) }
    guard !site.isRoot(pre), others.allSatisfy({ isGradient($0.node.op) }), let old = pre.id, let id = y.id else {
      return site.decline("what it is applied to is also read by \(others.map(\.node.name).joined(separator: ", "))")
    }
    let results = x.linearWithPreActivation(weight, bias: bias, transposed: transposed, activation: activation)
    return Replacement([(id, results.output), (old, results.preActivation)])
  }

  private func isGradient(_ op: any Operator) -> Bool {
    op is GeluGradient || op is QuickGeluGradient || op is ReluGradient
  }
}
