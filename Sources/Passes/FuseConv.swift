import Graphs
import Operators
import Tensors

/// What is added to a convolution is its residual.
struct ConvWithAddend: RewriteRule {
  let roots: [any Operator.Type] = [Add.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let y = site.output() else { return nil }
    for (position, other) in [(0, 1), (1, 0)] {
      guard let result = site.input(position), let addend = site.input(other), result.type == y.type,
        addend.type == y.type, let (window, inputs) = site.convolution(result)
      else { continue }
      return site.replaced(by: site.builder.apply(FusedConv(window: window, activation: .none), inputs + [addend]))
    }
    return nil
  }
}

/// An activation of a convolution is the convolution's.
struct ConvWithActivation: RewriteRule {
  let roots: [any Operator.Type] = [Relu.self, Gelu.self, QuickGelu.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let pre = site.input(0), let activation = Activation(site.node.op) else { return nil }
    if let fused = site.maker(pre, FusedConv.self), fused.op.activation == .none, fused.site.input(3) != nil {
      guard site.isReadOnce(pre) else { return site.decline("the sum \(pre.name) has another user") }
      let inputs = (0..<4).map { fused.site.input($0) }
      return site.replaced(
        by: site.builder.apply(FusedConv(window: fused.op.window, activation: activation), inputs))
    }
    guard let (window, inputs) = site.convolution(pre) else { return nil }
    return site.replaced(by: site.builder.apply(FusedConv(window: window, activation: activation), inputs))
  }
}

extension RewriteSite {
  /// The convolution that makes `tensor` for this node alone: where it reads, and x, weight and bias.
  fileprivate func convolution(_ tensor: Tensor) -> (window: ConvolutionWindow, inputs: [Tensor?])? {
    guard let maker = maker(tensor, Conv.self), tensor.scalar == .float32 else { return nil }
    guard isReadOnce(tensor) else {
      decline("the convolution \(tensor.name) has another user")
      return nil
    }
    guard [.explicit, .none].contains(maker.op.padding) else { return nil }
    return (maker.op.window, (0..<3).map { maker.site.input($0) })
  }
}
