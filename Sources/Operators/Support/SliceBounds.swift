import Tensors

/// One axis of a slice: where it starts, and how many elements it takes.
struct SliceBounds {
  var start: Dimension
  var length: Dimension

  /// A number this large means "to the end", whatever the extent.
  private static let unbounded = 1 << 30

  /// Numbers are clamped to the extent, negative ones count from the end. Where a symbol leaves it open, the slice is
  /// taken to lie inside; binding the symbol decides.
  init(start: Dimension, end: Dimension, step: Int, extent: Dimension) throws(ShapeError) {
    try require(step != 0, "the step of a slice must not be 0")
    try require(step != .min, "the step of a slice is too small")
    let last = step > 0 ? extent : extent - 1
    self.start = SliceBounds.position(start, extent, lowest: 0, highest: last)
    let end = SliceBounds.position(end, extent, lowest: step > 0 ? 0 : -1, highest: last)
    let distance = step > 0 ? end - self.start : self.start - end
    let stride = min(abs(step), 1 << 60)
    let count = (distance + Dimension(stride - 1)).floorDivided(by: Dimension(stride))
    length = count.constant.map { Dimension(max($0, 0)) } ?? count
  }

  private static func position(
    _ value: Dimension, _ extent: Dimension, lowest: Dimension, highest: Dimension
  ) -> Dimension {
    if let number = value.constant {
      if let size = extent.constant, let low = lowest.constant, let high = highest.constant {
        let (position, overflow) = number.addingReportingOverflow(number < 0 ? size : 0)
        return Dimension(min(max(overflow ? low : position, low), max(high, low)))
      }
      if number >= unbounded { return highest }
      if number <= -unbounded { return lowest }
      return number < 0 ? extent + value : value
    }
    if let beyond = (value - highest).constant, beyond >= 0 { return highest }
    return value
  }
}
