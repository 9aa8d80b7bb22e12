import Tensors

extension View {
  /// A view as at most three steps: a Reshape, a Transpose, a Reshape.
  struct Moves: Equatable {
    var before: Shape
    var order: [Int]?
    var after: Shape

    /// How many steps there are from a tensor of this shape.
    func count(from source: Shape) -> Int {
      guard order != nil else { return source == after ? 0 : 1 }
      return (before == source ? 0 : 1) + 1 + (moved == after ? 0 : 1)
    }

    /// The shape between the Transpose and the second Reshape.
    var moved: Shape { order.map { order in Shape(order.map { before[$0] }) } ?? before }
  }

  /// The fewest steps that lead from the whole of a dense tensor to this view of all of it.
  func moves(from source: Shape, to target: Shape) -> Moves? {
    guard offset == 0, let dense = denseOrder(count: source.elementCount) else { return nil }
    let digits = axes.flatMap { $0 }
    if dense == digits { return Moves(before: source, order: nil, after: target) }
    let candidates = [byTargetAxes(dense, target), bySourceAxes(dense, source, target), byRuns(dense, target)]
    return candidates.compactMap { $0 }.min { $0.count(from: source) < $1.count(from: source) }
  }

  /// The digits as they lie in the source, outermost first; nil where they are not all of it.
  private func denseOrder(count: Dimension) -> [Digit]? {
    var (pool, order, stride) = (axes.flatMap { $0 }, [Digit](), Dimension(1))
    while let index = pool.firstIndex(where: { $0.stride == stride }) {
      stride = stride * pool[index].extent
      order.insert(pool.remove(at: index), at: 0)
    }
    return pool.isEmpty && stride == count ? order : nil
  }

  /// Whole axes of the target change places after a Reshape.
  private func byTargetAxes(_ dense: [Digit], _ target: Shape) -> Moves? {
    var places: [(start: Int, axis: Int)] = []
    for (axis, digits) in axes.enumerated() {
      guard let first = digits.first else {
        places.append((-1, axis))
        continue
      }
      guard let start = dense.firstIndex(of: first), dense[start...].starts(with: digits) else { return nil }
      places.append((start, axis))
    }
    let order = places.sorted { ($0.start, $0.axis) < ($1.start, $1.axis) }.map(\.axis)
    return Moves(
      before: Shape(order.map { target[$0] }), order: order.indices.sorted { order[$0] < order[$1] }, after: target)
  }

  /// Whole axes of the source change places before a Reshape.
  private func bySourceAxes(_ dense: [Digit], _ source: Shape, _ target: Shape) -> Moves? {
    guard let grouped = View.grouped(dense, source), grouped.flatMap({ $0 }) == dense else { return nil }
    var (order, ones) = ([Int](), grouped.indices.filter { grouped[$0].isEmpty })
    for axis in axes {
      if axis.isEmpty, !ones.isEmpty { order.append(ones.removeFirst()) }
      var rest = axis[...]
      while let digit = rest.first {
        guard let place = grouped.firstIndex(where: { $0.first == digit }), rest.starts(with: grouped[place]) else {
          return nil
        }
        order.append(place)
        rest = rest.dropFirst(grouped[place].count)
      }
    }
    return Moves(before: source, order: order + ones, after: target)
  }

  /// Runs of digits that stay together change places.
  private func byRuns(_ dense: [Digit], _ target: Shape) -> Moves? {
    var runs: [[Digit]] = []
    for digit in axes.flatMap({ $0 }) {
      if let last = runs.last?.last, let place = dense.firstIndex(of: last), place + 1 < dense.count,
        dense[place + 1] == digit
      {
        runs[runs.count - 1].append(digit)
      } else {
        runs.append([digit])
      }
    }
    let starts = runs.map { run in dense.firstIndex(of: run[0]) ?? 0 }
    let sorted = runs.indices.sorted { starts[$0] < starts[$1] }
    let extents = runs.map { $0.reduce(Dimension(1)) { $0 * $1.extent } }
    return Moves(
      before: Shape(sorted.map { extents[$0] }), order: sorted.indices.sorted { sorted[$0] < sorted[$1] }, after: target
    )
  }
}
