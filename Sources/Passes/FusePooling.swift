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

/// Rows at 0, 1, 2 … are all of them.
struct GatherOfAll: RewriteRule {
  let roots: [any Operator.Type] = [Gather.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard site.op(Gather.self)?.axis == 0, let x = site.input(0), let indices = site.input(1), let y = site.output(),
      x.rank >= 2, site.counted(indices, by: 1, to: x.shape[0])
    else { return nil }
    return site.replaced(by: site.reshaped(x, to: y.shape))
  }
}

/// The first of the numbers 0, 1, 2 … are a Range.
struct SliceOfCounting: RewriteRule {
  let roots: [any Operator.Type] = [Slice.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let x = site.input(0), let y = site.output(), x.scalar == .int64, y.contents == nil,
      let numbers = x.numbers?.integers, numbers == Array(numbers.indices), site.input(1)?.numbers?.integers == [0],
      let end = site.input(2), end.shape == [1], let last = end.contents?.first, last.constant == nil,
      y.shape.elementCount == last, site.input(4).map({ $0.numbers?.integers == [1] }) ?? true
    else { return nil }
    let (zero, one) = (site.builder.constant(NDArray(Int64(0))), site.builder.constant(NDArray(Int64(1))))
    return site.replaced(by: site.reshaped(site.builder.range(zero, end.squeezed([0]), one), to: y.shape))
  }
}

/// Rows at positions with further axes of one are those rows, under another shape.
struct GatherByRows: RewriteRule {
  let roots: [any Operator.Type] = [Gather.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let op = site.op(Gather.self), op.axis == 0, let table = site.input(0), let y = site.output(),
      let maker = site.maker(site.input(1)), maker.node.op is Reshape || maker.node.op is Unsqueeze,
      let rows = maker.input(0), rows.rank == 1, site.isInitializer(table)
    else { return nil }
    return site.replaced(by: site.reshaped(table.gather(rows, axis: 0), to: y.shape))
  }
}

/// Leading axes of one say nothing where operands are broadcast.
struct LeadingAxesDropped: RewriteRule {
  let roots: [any Operator.Type] = [Add.self, Mul.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let y = site.output() else { return nil }
    for (position, other) in [(0, 1), (1, 0)] {
      guard let x = site.input(other), x.type == y.type, let movement = site.movement(site.input(position)),
        movement.order == nil, movement.source.rank > 0, movement.source.rank < movement.result.rank,
        Array(movement.result.shape.dimensions.suffix(movement.source.rank)) == movement.source.shape.dimensions
      else { continue }
      let operands = position == 0 ? [movement.source, x] : [x, movement.source]
      return site.replaced(by: site.builder.apply(site.node.op, operands, outputs: 1)[0])
    }
    return nil
  }
}

extension RewriteSite {
  /// Whether a tensor of as many elements as `count` holds 0, step, 2 · step … in order.
  fileprivate func counted(_ tensor: Tensor, by step: Dimension, to count: Dimension, depth: Int = 0) -> Bool {
    let source = viewed(tensor, parts: false).source
    guard depth < 8, source.shape.elementCount == count else { return false }
    if let numbers = source.numbers?.integers {
      return step.constant.map { step in numbers.enumerated().allSatisfy { $1 == $0 * step } } ?? false
    }
    guard let maker = maker(source) else { return false }
    func either(_ test: (Tensor, Tensor) -> Bool) -> Bool {
      guard let a = maker.input(0), let b = maker.input(1) else { return false }
      return test(a, b) || test(b, a)
    }
    switch maker.node.op {
    case is RangeOf:
      func bound(_ index: Int) -> Dimension? { maker.input(index)?.contents?.first }
      return step == 1 && bound(0) == 0 && bound(2) == 1
    case is Mul:
      return either { $1.contents == [step] && counted($0, by: 1, to: count, depth: depth + 1) }
    case is Add:
      // Tens and ones.
      return either { tens, ones in
        guard let part = ones.shape.dimensions.last, ones.shape.elementCount == part, tens.rank == source.rank,
          tens.shape[-1] == 1, let many = count.dividedExactly(by: part)
        else { return false }
        return counted(ones, by: step, to: part, depth: depth + 1)
          && counted(tens, by: step * part, to: many, depth: depth + 1)
      }
    default: return false
    }
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

/// Tokens that are looked up in a table fit into 32 bits: what compares or searches them need not narrow them first.
struct TokensUnnarrowed: RewriteRule {
  let roots: [any Operator.Type] = [ArgMax.self, Equal.self, Cast.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let narrow = site.maker(site.input(0), Cast.self), narrow.op.to == .int32, let x = narrow.site.input(0),
      x.scalar == .int64, site.users(of: x).contains(where: { looksUp(x, $0) })
    else { return nil }
    switch site.node.op {
    case let op as ArgMax: return site.replaced(by: site.builder.apply(op, [x]))
    case let op as Cast: return op.to == .int64 ? site.replaced(by: x) : nil
    case is Equal:
      guard let other = site.input(1), other.numbers != nil else { return nil }
      return site.replaced(by: x.equal(to: other.cast(to: .int64)))
    default: return nil
    }
  }

  private func looksUp(_ x: Tensor, _ site: RewriteSite) -> Bool {
    guard let op = site.op(Gather.self), let table = site.input(0), site.input(1)?.id == x.id, table.rank > 0,
      let axis = try? table.shape.axis(op.axis), let rows = table.shape[axis].constant
    else { return false }
    return rows <= Int(Int32.max)
  }
}
