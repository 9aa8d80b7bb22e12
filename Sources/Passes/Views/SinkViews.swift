import Graphs
import Operators
import Tensors

/// What works on rows, or on single elements, works on them wherever they lie: movements go behind it, where they meet their
/// opposites. Sequences that come first, and batches and tokens on one axis, so become [batch, tokens, width].
struct MovementBehindRows: RewriteRule {
  let roots: [any Operator.Type] = [Linear.self, LayerNormalization.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard site.node.outputs.count == 1, let y = site.output(), let x = site.input(0),
      let movement = site.rowMovement(x),
      movement.source.rank >= 2
    else { return nil }
    if let norm = site.op(LayerNormalization.self), norm.axis != -1, norm.axis != x.rank - 1 { return nil }
    var inputs = site.node.inputs.map { $0.map { Tensor(site.builder, $0) } }
    inputs[0] = movement.source
    if site.op(Linear.self) != nil, let residual = site.input(3) {
      guard let other = site.rowMovement(residual), movement.isSame(as: other, rowsOnly: true) else {
        return site.decline("the residual is not moved in the same way")
      }
      inputs[3] = other.source
    }
    var op = site.node.op
    if var norm = op as? LayerNormalization {
      norm.axis = -1
      op = norm
    }
    let result = site.builder.apply(op, inputs, outputs: 1)[0]
    return site.replaced(by: site.moved(result, by: movement, to: y.shape))
  }
}

/// The same for operators on single elements.
struct MovementBehindElements: RewriteRule {
  let roots: [any Operator.Type] = [
    Add.self, Sub.self, Mul.self, Div.self, Gelu.self, QuickGelu.self, Relu.self, Sigmoid.self, Tanh.self, Erf.self,
    Sqrt.self, Exp.self,
  ]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let y = site.output(), let a = site.input(0) else { return nil }
    let (first, second) = (site.rowMovement(a), site.rowMovement(site.input(1)))
    guard let b = site.input(1) else {
      return first.flatMap { result(site, [$0.source], $0, y) }
    }
    if let first, let second, first.isSame(as: second), first.order != nil || a.shape == b.shape {
      return result(site, [first.source, second.source], first, y)
    }
    if let first, a.type == y.type, let other = unmoved(b, first, site) {
      return result(site, [first.source, other], first, y)
    }
    if let second, b.type == y.type, let other = unmoved(a, second, site) {
      return result(site, [other, second.source], second, y)
    }
    return nil
  }

  private func result(_ site: RewriteSite, _ inputs: [Tensor], _ movement: Movement, _ y: Tensor) -> Replacement? {
    let result = site.builder.apply(site.node.op, inputs, outputs: 1)[0]
    return site.replaced(by: site.moved(result, by: movement, to: y.shape))
  }

  /// A constant operand as it is before the movement: one number, a number for each element of a row, or numbers that a
  /// Transpose takes back.
  private func unmoved(_ tensor: Tensor, _ movement: Movement, _ site: RewriteSite) -> Tensor? {
    guard site.isInitializer(tensor) else { return nil }
    if tensor.rank <= movement.source.rank, tensor.shape.elementCount == 1 { return tensor }
    if tensor.rank == 1 { return tensor }
    guard let inverse = movement.inverse, tensor.numbers != nil, tensor.rank <= inverse.count else { return nil }
    let missing = inverse.count - tensor.rank
    let shape = Shape([Dimension](repeating: 1, count: missing) + tensor.shape.dimensions)
    return site.reshaped(tensor, to: shape)?.transposed(inverse)
  }
}

/// Choosing, cutting, joining and reducing along an axis of a Transpose is the same along the axis where it was before.
struct TransposeBehindAxes: RewriteRule {
  let roots: [any Operator.Type] = [Gather.self, Slice.self, Concat.self, ReduceMean.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let movement = site.rowMovement(site.input(0)), let order = movement.order, let y = site.output() else {
      return nil
    }
    let x = movement.source
    func spelt(_ axis: Int) -> Int { order[axis] == order.count - 1 ? -1 : order[axis] }
    switch site.node.op {
    case let op as Gather:
      guard let index = site.input(1), index.rank == 0, let axis = try? movement.result.shape.axis(op.axis) else {
        return nil
      }
      return site.replaced(
        by: without([axis], order).map { x.gather(index, axis: spelt(axis)).transposed($0) })
    case is Slice:
      guard let starts = site.input(1), let ends = site.input(2), let axes = site.input(3)?.numbers?.integers,
        site.input(4) == nil
      else { return nil }
      let moved = axes.compactMap { try? movement.result.shape.axis($0) }.map { order[$0] }
      guard moved.count == axes.count else { return nil }
      return site.replaced(by: x.sliced(starts: starts, ends: ends, axes: moved).transposed(order))
    case let op as Concat:
      let parts = site.node.inputs.map { site.rowMovement($0.map { Tensor(site.builder, $0) }) }
      guard let axis = try? y.shape.axis(op.axis), parts.allSatisfy({ $0?.order == order }) else { return nil }
      return site.replaced(by: concatenated(parts.compactMap { $0?.source }, axis: spelt(axis)).transposed(order))
    case let op as ReduceMean:
      let axes = op.axes?.compactMap { try? movement.result.shape.axis($0) } ?? []
      guard !axes.isEmpty else { return nil }
      let mean = x.mean(axes.map { spelt($0) }, keepDimensions: op.keepDimensions)
      return site.replaced(
        by: op.keepDimensions ? mean.transposed(order) : without(axes, order).map { mean.transposed($0) })
    default: return nil
    }
  }

  /// The permutation of the axes that are left without these.
  private func without(_ axes: [Int], _ order: [Int]) -> [Int]? {
    let left = order.indices.filter { !axes.contains($0) }.map { order[$0] }
    let sorted = left.sorted()
    return left.map { axis in sorted.firstIndex(of: axis) ?? 0 }
  }
}
