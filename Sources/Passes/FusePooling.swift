import Graphs
import Operators
import Tensors

/// Slices at (row, position) for every row are slices of a batch at positions: x [B, L, …] at [B, 1].
struct PoolingByBatch: RewriteRule {
  let roots: [any Operator.Type] = [GatherND.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard site.op(GatherND.self)?.batchDimensions == 0, let x = site.input(0), let indices = site.input(1),
      indices.rank == 2, x.rank >= 2, x.shape[0] == indices.shape[0],
      let pairs = site.maker(indices, Concat.self), pairs.op.axis == -1 || pairs.op.axis == 1,
      pairs.site.node.inputs.count == 2, let rows = pairs.site.input(0), let positions = pairs.site.input(1),
      rows.shape == [x.shape[0], 1], positions.shape == [x.shape[0], 1]
    else { return nil }
    guard site.counted(rows, by: 1, to: x.shape[0]) else { return site.decline("the rows are not all, in order") }
    return site.replaced(by: x.gatherND(positions, batchDimensions: 1))
  }
}

/// The same on a batch whose first two axes are one: at row · L + position.
struct PoolingByFlatIndex: RewriteRule {
  let roots: [any Operator.Type] = [Gather.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard site.op(Gather.self)?.axis == 0, let flat = site.movement(site.input(0)), flat.order == nil,
      let indices = site.input(1), indices.rank == 1, flat.result.rank >= 2,
      flat.source.rank == flat.result.rank + 1,
      flat.source.shape.dimensions.dropFirst(2) == flat.result.shape.dimensions.dropFirst(),
      let sum = site.maker(indices, Add.self)
    else { return nil }
    let (batch, tokens) = (flat.source.shape[0], flat.source.shape[1])
    for (a, b) in [(0, 1), (1, 0)] {
      guard let positions = sum.site.input(a), let rows = sum.site.input(b), positions.shape == [batch],
        rows.shape == [batch], site.counted(rows, by: tokens, to: batch), isPosition(positions, below: tokens, site)
      else { continue }
      return site.replaced(by: flat.source.gatherND(positions.unsqueezed([1]), batchDimensions: 1))
    }
    return site.decline("the indices are not row · L + position")
  }

  /// Whether numbers are positions along an axis of this extent.
  private func isPosition(_ tensor: Tensor, below extent: Dimension, _ site: RewriteSite) -> Bool {
    var current = tensor
    while let cast = site.maker(current, Cast.self), cast.op.to.isInteger, let x = cast.site.input(0) { current = x }
    guard let choice = site.maker(current, ArgMax.self), let x = choice.site.input(0),
      let axis = try? x.shape.axis(choice.op.axis)
    else { return false }
    return x.shape[axis] == extent
  }
}

/// Positions with an axis of one behind them keep that axis.
struct ArgMaxKeepsAxis: RewriteRule {
  let roots: [any Operator.Type] = [Unsqueeze.self, Reshape.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let positions = site.input(0), let y = site.output(), let maker = site.maker(positions, ArgMax.self),
      !maker.op.keepDimensions, let x = maker.site.input(0), let axis = try? x.shape.axis(maker.op.axis)
    else { return nil }
    var shape = x.shape
    shape[axis] = 1
    guard y.shape == shape, site.isReadOnce(positions) else { return nil }
    var op = maker.op
    op.keepDimensions = true
    return site.replaced(by: site.builder.apply(op, [x]))
  }
}

/// One token of rows that are normalised or projected is that token, normalised or projected.
struct SelectionBeforeRows: RewriteRule {
  let roots: [any Operator.Type] = [Gather.self, GatherND.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let rows = site.input(0), let index = site.input(1), let maker = site.maker(rows),
      maker.node.outputs.count == 1, let x = maker.input(0), x.rank >= 2
    else { return nil }
    switch maker.node.op {
    case let op as LayerNormalization: if op.axis != -1 { return nil }
    // A residual would have to be chosen from, too.
    case is Linear: if maker.input(3) != nil { return nil }
    default: return nil
    }
    let picked: Tensor
    switch site.node.op {
    case let op as Gather:
      guard index.rank == 0, op.axis != -1, op.axis != x.rank - 1 else { return nil }
      picked = x.gather(index, axis: op.axis)
    case let op as GatherND:
      guard op.batchDimensions == 1, index.shape == [x.shape[0], 1], x.rank == 3 else { return nil }
      picked = x.gatherND(index, batchDimensions: 1)
    default: return nil
    }
    guard site.isReadOnce(rows) else { return site.decline("the rows \(rows.name) have another user") }
    return site.replaced(
      by: site.builder.apply(maker.node.op, [picked, maker.input(1), maker.input(2)], outputs: 1)[0])
  }
}

/// One token of what attends to itself is attention with one query.
struct SelectedQuery: RewriteRule {
  let roots: [any Operator.Type] = [Gather.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let gather = site.op(Gather.self), gather.axis == 1, let index = site.input(1), index.rank == 0,
      let token = index.numbers?.integers?.first, token >= 0, let mixed = site.input(0), let y = site.output(),
      let attention = site.maker(mixed, SelfAttention.self), let packed = attention.site.input(0),
      let linear = site.maker(packed, Linear.self), let x = linear.site.input(0), let width = mixed.shape[2].constant
    else { return nil }
    guard site.isReadOnce(mixed), site.isReadOnce(packed) else {
      return site.decline("the attention has another user")
    }
    guard !attention.op.causal, !attention.op.guarded, attention.site.input(1) == nil,
      attention.site.node.outputs.count == 1, linear.op.activation == .none, linear.site.input(3) == nil,
      let parts = site.parts(of: linear.site, [width, 2 * width])
    else { return site.decline("the attention has a mask, or its projection no constant weights") }
    let query = parts[0](x.sliced(axis: 1, from: token, to: token + 1))
    let result = query.crossAttention(parts[1](x), heads: attention.op.heads)
    return site.replaced(by: site.reshaped(result, to: y.shape))
  }
}
