import Tensors

/// How a value lies in another one that it is a view of: element (i₀, i₁, …) is the source's element at offset + Σ over axes.
/// Every index is a number written in digits, each with a stride of its own: what Reshape and Transpose do to a tensor, and
/// Slice, Split and Gather of one element, is arithmetic on these.
struct View: Hashable {
  struct Digit: Hashable {
    var extent: Dimension
    var stride: Dimension
  }

  /// The digits of every axis, outermost first; a digit of one value is left out.
  private(set) var axes: [[Digit]]
  private(set) var offset: Dimension = 0

  /// Whether strides are worth following: they are products of extents, which grow with axes and symbols.
  static func follows(_ shape: Shape) -> Bool { shape.rank <= 8 && shape.symbols.count <= 4 }

  /// The whole of a dense tensor; a view without axes of one whose strides are not followed.
  init(_ shape: Shape) {
    guard View.follows(shape) else {
      axes = []
      return
    }
    var stride: Dimension = 1
    var axes: [[Digit]] = []
    for extent in shape.dimensions.reversed() {
      axes.append(extent == 1 ? [] : [Digit(extent: extent, stride: stride)])
      stride = stride * extent
    }
    self.axes = axes.reversed()
  }

  /// Axis i becomes axis order[i] of this view.
  func transposed(_ order: [Int]) -> View {
    var result = self
    result.axes = order.map { axes[$0] }
    return result
  }

  /// The same elements under another shape, where its extents divide the digits.
  func reshaped(to shape: Shape) -> View? {
    let digits = axes.flatMap { $0 }
    guard let grouped = View.grouped(digits, shape) ?? View.grouped(View.joined(digits), shape) else { return nil }
    var result = self
    result.axes = grouped
    return result
  }

  /// The elements from `start` on along an axis.
  func sliced(axis: Int, from start: Dimension, length: Dimension) -> View? {
    var result = self
    let digits = View.joined(axes[axis])
    guard let outer = digits.first else { return start == 0 && length == 1 ? self : nil }
    let inner = digits.dropFirst().reduce(Dimension(1)) { $0 * $1.extent }
    guard let first = start.dividedExactly(by: inner), let count = length.dividedExactly(by: inner) else { return nil }
    result.offset = offset + first * outer.stride
    let head = count == 1 ? [] : [Digit(extent: count, stride: outer.stride)]
    result.axes[axis] = head + digits.dropFirst()
    return result
  }

  /// Element `index` of an axis, which goes.
  func selected(axis: Int, _ index: Dimension) -> View? {
    if axes[axis].isEmpty, index == 0 {
      var result = self
      result.axes.remove(at: axis)
      return result
    }
    let digits = View.joined(axes[axis])
    // Several digits: a number in a mixed base.
    var rest = index
    var result = self
    for position in digits.indices {
      let inner = digits[(position + 1)...].reduce(Dimension(1)) { $0 * $1.extent }
      let digit = inner == 1 ? rest : rest.floorDivided(by: inner)
      guard digit.constant != nil else { return nil }
      result.offset = result.offset + digit * digits[position].stride
      rest = rest - digit * inner
    }
    result.axes.remove(at: axis)
    return result
  }

  /// The only digit of an axis: stride 0 where its extent is 1, nil where it has several.
  func digit(_ axis: Int) -> Digit? {
    guard axes.indices.contains(axis) else { return nil }
    let digits = View.joined(axes[axis])
    return digits.count <= 1 ? digits.first ?? Digit(extent: 1, stride: 0) : nil
  }

  /// Digits that follow each other without a gap, as one.
  static func joined(_ digits: [Digit]) -> [Digit] {
    digits.reduce(into: []) { result, digit in
      if let last = result.last, last.stride == digit.stride * digit.extent {
        result[result.count - 1] = Digit(extent: last.extent * digit.extent, stride: digit.stride)
      } else {
        result.append(digit)
      }
    }
  }

  /// The digits dealt out to axes of these extents, split where one of them needs it; nil where they do not divide.
  static func grouped(_ digits: [Digit], _ shape: Shape) -> [[Digit]]? {
    var rest = digits[...]
    var axes: [[Digit]] = []
    for extent in shape.dimensions {
      var (axis, needed) = ([Digit](), extent)
      while needed != 1 {
        guard let digit = rest.first else { return nil }
        if let quotient = needed.dividedExactly(by: digit.extent) {
          axis.append(digit)
          rest = rest.dropFirst()
          needed = quotient
        } else if let inner = digit.extent.dividedExactly(by: needed) {
          axis.append(Digit(extent: needed, stride: digit.stride * inner))
          rest[rest.startIndex].extent = inner
          needed = 1
        } else {
          return nil
        }
      }
      axes.append(axis)
    }
    return rest.isEmpty ? axes : nil
  }
}
