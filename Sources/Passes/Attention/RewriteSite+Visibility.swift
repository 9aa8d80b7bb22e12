import Graphs
import Operators
import Tensors

/// A condition on row i and column j of a matrix: j ≤ i + bound, or its opposite.
struct Staircase {
  var bound: Dimension
  var isOpposite = false

  var opposite: Staircase { Staircase(bound: bound, isOpposite: !isOpposite) }
}

extension RewriteSite {
  /// s where a mask that is added to scores is 0 for columns j ≤ i + s and hides all others; nil for other masks.
  func visibility(_ mask: Tensor) -> Dimension? {
    guard let maker = maker(mask) else { return nil }
    if maker.node.op is Trilu {
      guard let triangle = triangle(maker), triangle.isOpposite, let fill = repeatedNumber(maker.input(0)), fill < -1e30
      else { return nil }
      return triangle.bound
    }
    guard maker.node.op is Where, let a = maker.input(1)?.scalarNumber, let b = maker.input(2)?.scalarNumber,
      let condition = staircase(maker.input(0))
    else { return nil }
    if a == 0, b < -1e30 { return condition.isOpposite ? nil : condition.bound }
    return b == 0 && a < -1e30 && condition.isOpposite ? condition.bound : nil
  }

  private func staircase(_ tensor: Tensor?, depth: Int = 0) -> Staircase? {
    guard depth < 8, let tensor, let maker = maker(tensor) else { return nil }
    let (a, b) = (maker.input(0), maker.input(1))
    switch maker.node.op {
    case is Not: return staircase(a, depth: depth + 1)?.opposite
    case is LessOrEqual: return staircase(a, notAbove: b, strictly: false)
    case is Less: return staircase(a, notAbove: b, strictly: true)
    case is GreaterOrEqual: return staircase(b, notAbove: a, strictly: false)
    case is Greater: return staircase(b, notAbove: a, strictly: true)
    case is Trilu: return repeatedNumber(a).flatMap { $0 != 0 ? triangle(maker) : nil }
    case is Cast: return tensor.scalar == .bool || tensor.scalar.isInteger ? staircase(a, depth: depth + 1) : nil
    case is Equal: return b?.scalarNumber == 0 ? staircase(a, depth: depth + 1)?.opposite : nil
    case is Expand, is Unsqueeze, is Reshape:
      guard let a, a.rank >= 2, Array(a.shape.dimensions.suffix(2)) == Array(tensor.shape.dimensions.suffix(2)) else {
        return nil
      }
      return staircase(a, depth: depth + 1)
    default: return nil
    }
  }

  /// a ≤ b, or a < b, for counts along the two last axes.
  private func staircase(_ a: Tensor?, notAbove b: Tensor?, strictly: Bool) -> Staircase? {
    guard let a, let b, let left = count(a), let right = count(b) else { return nil }
    switch (left.axis, right.axis) {
    case (-1, -2): return Staircase(bound: right.first - left.first - (strictly ? 1 : 0))
    // i + r ≤ j + c is the opposite of j ≤ i + r − c − 1.
    case (-2, -1): return Staircase(bound: left.first - right.first - (strictly ? 0 : 1), isOpposite: true)
    default: return nil
    }
  }

  /// What a Trilu leaves as it is.
  private func triangle(_ site: RewriteSite) -> Staircase? {
    guard let op = site.op(Trilu.self) else { return nil }
    let shift = Dimension(op.diagonal)
    return op.upper ? Staircase(bound: shift - 1, isOpposite: true) : Staircase(bound: shift)
  }

  /// The number that all elements are.
  private func repeatedNumber(_ tensor: Tensor?) -> Float? {
    guard let tensor else { return nil }
    if let number = tensor.scalarNumber { return number }
    if let maker = maker(tensor) {
      if maker.node.op is Expand { return maker.input(0)?.scalarNumber }
      if let op = maker.op(ConstantOfShape.self) {
        guard let value = op.value else { return 0 }
        return value.values(as: Float.self).first ?? value.integers?.first.map { Float($0) }
      }
    }
    return nil
  }

  /// The axis, from the end, along which a tensor counts first, first + 1 …; nil where it does something else.
  private func count(_ tensor: Tensor) -> (axis: Int, first: Dimension)? {
    let axes = tensor.shape.dimensions.indices.filter { tensor.shape[$0] != 1 }
    guard axes.count == 1, let first = firstCount(viewed(tensor, parts: false).source, depth: 0) else { return nil }
    return (axes[0] - tensor.rank, first)
  }

  private func firstCount(_ tensor: Tensor, depth: Int) -> Dimension? {
    if let numbers = tensor.numbers?.integers, let first = numbers.first {
      return numbers.enumerated().allSatisfy { $1 == first + $0 } ? Dimension(first) : nil
    }
    guard depth < 8, let maker = maker(tensor) else { return nil }
    switch maker.node.op {
    case is RangeOf: return maker.input(2)?.contents == [1] ? maker.input(0)?.contents?.first : nil
    case is Cast:
      return tensor.scalar.isInteger ? maker.input(0).flatMap { firstCount($0, depth: depth + 1) } : nil
    case is Add:
      for (position, other) in [(0, 1), (1, 0)] {
        if let shift = maker.input(other)?.contents, shift.count == 1, let x = maker.input(position),
          let first = firstCount(viewed(x, parts: false).source, depth: depth + 1)
        {
          return first + shift[0]
        }
      }
      return nil
    default: return nil
    }
  }
}
