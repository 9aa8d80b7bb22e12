import Tensors

/// NumPy's broadcasting, on symbols: shapes are aligned at their last axes, and an extent of 1 repeats.
enum Broadcasting {
  /// The common shape of several, or an error that gives the two extents that do not fit.
  ///
  /// A constant other than 1 against a symbol gives the constant: when the symbol is bound, the check is repeated.
  static func shape(_ shapes: [Shape]) throws(ShapeError) -> Shape {
    let rank = shapes.map(\.rank).max() ?? 0
    var result = [Dimension](repeating: 1, count: rank)
    for shape in shapes {
      for (axis, extent) in zip((rank - shape.rank)..<rank, shape.dimensions) {
        result[axis] = try extentOf(result[axis], extent, shapes)
      }
    }
    return Shape(result)
  }

  private static func extentOf(_ a: Dimension, _ b: Dimension, _ shapes: [Shape]) throws(ShapeError) -> Dimension {
    if a == b || b == 1 { return a }
    if a == 1 { return b }
    let all = shapes.map(\.description).joined(separator: " and ")
    if a.differs(from: b) { throw ShapeError("\(all) cannot be broadcast: \(a) is not \(b)") }
    if a.constant != nil { return a }
    if b.constant != nil { return b }
    throw ShapeError("\(all): cannot decide whether \(a) equals \(b)")
  }

  /// Element strides that walk a dense tensor of `sizes` as if it had the shape `out`: 0 along repeated axes.
  static func strides(of sizes: [Int], in out: [Int]) -> [Int64] {
    var result = [Int64](repeating: 0, count: out.count)
    var step: Int64 = 1
    for (axis, size) in zip((out.count - sizes.count)..<out.count, sizes).reversed() {
      result[axis] = size == 1 ? 0 : step
      step *= Int64(size)
    }
    return result
  }
}

/// Strides of a dense row-major tensor.
func denseStrides(_ sizes: [Int]) -> [Int64] {
  var result = [Int64](repeating: 1, count: sizes.count)
  for axis in sizes.indices.dropLast().reversed() { result[axis] = result[axis + 1] * Int64(sizes[axis + 1]) }
  return result
}
