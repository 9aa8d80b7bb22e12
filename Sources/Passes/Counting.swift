import Graphs
import Operators
import Tensors

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

/// Elements at all pairs of a row and a column, in order, are all of them, or those of the first rows.
struct GatherNDOfAll: RewriteRule {
  let roots: [any Operator.Type] = [GatherND.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard site.op(GatherND.self)?.batchDimensions == 0, let x = site.input(0), let indices = site.input(1),
      let y = site.output(), x.rank == 2, indices.shape[-1] == 2,
      let rows = y.shape.elementCount.dividedExactly(by: x.shape[1]), arePairs(indices, rows, x.shape[1], site)
    else { return nil }
    if rows == x.shape[0] { return site.replaced(by: site.reshaped(x, to: y.shape)) }
    guard let end = site.extentTensor(rows, of: indices) else { return nil }
    let first = x.sliced(starts: site.builder.constant([0]), ends: end, axes: [0])
    return site.replaced(by: site.reshaped(first, to: y.shape))
  }

  private func arePairs(_ indices: Tensor, _ rows: Dimension, _ columns: Dimension, _ site: RewriteSite) -> Bool {
    if let numbers = indices.numbers?.integers, let width = columns.constant {
      return stride(from: 0, to: numbers.count, by: 2).allSatisfy { place in
        numbers[place] == place / 2 / width && numbers[place + 1] == place / 2 % width
      }
    }
    guard let pair = site.maker(indices, Concat.self), pair.op.axis == -1 || pair.op.axis == indices.rank - 1,
      let row = part(pair.site, 0, site), let column = part(pair.site, 1, site)
    else { return false }
    return row.shape[-1] == 1 && site.counted(row, by: 1, to: rows) && column.shape[-1] == columns
      && site.counted(column, by: 1, to: columns)
  }

  /// What is repeated for one half of the pairs.
  private func part(_ pair: RewriteSite, _ index: Int, _ site: RewriteSite) -> Tensor? {
    guard pair.node.inputs.count == 2, let half = pair.input(index), half.rank >= 2, half.shape[-1] == 1 else {
      return nil
    }
    let source = site.viewed(half, parts: false).source
    guard Array(half.shape.dimensions.dropLast()) == source.shape.dimensions,
      let expand = site.maker(source, Expand.self), let x = expand.site.input(0), x.rank == source.rank
    else { return nil }
    return x
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
  func counted(_ tensor: Tensor, by step: Dimension, to count: Dimension, depth: Int = 0) -> Bool {
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
