import Graphs
import Tensors

/// Along a new axis of `depth` elements the second of two values at each index, the first elsewhere. Indices count from the
/// end where they are negative; those out of range choose nothing.
///
/// Inputs: indices, depth (one number), values [off, on].
public struct OneHot: Macro {
  public var axis = -1

  public init() {}
  public init(axis: Int) { self.axis = axis }

  public static let onnx = [ONNXForm<Self>("OneHot", since: 9, inputs: 3, ["axis": .int(\.axis)])]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 3, let indices = inputs[0], let depth = inputs[1], let values = inputs[2] else { return nil }
    let builder = indices.builder
    if indices.isPoisoned || depth.isPoisoned || values.isPoisoned { return [Tensor(builder, nil)] }
    let rank = indices.rank + 1
    guard (-rank..<rank).contains(axis), let count = depth.contents?.first ?? depth.numbers?.wholeNumber else {
      builder.record(.shape, at: builder.path, "the depth depends on data, or axis \(axis) is outside of rank \(rank)")
      return nil
    }
    if let number = count.constant, number < 0 {
      builder.record(.shape, at: builder.path, "the depth is \(number); it is not negative")
      return nil
    }
    let place = axis < 0 ? axis + rank : axis
    let whole = indices.cast(to: .int64)
    let extent = depth.cast(to: .int64).reshaped(shape: builder.constant([1]))
    let positions: Tensor
    if let number = count.constant, number <= 1 << 24 {
      positions = builder.constant(NDArray((0..<number).map { Int64($0) }, [number]))
    } else {
      positions = builder.positions(extent)
    }
    let wrapped = whole.less(than: whole.scalar(0)).select(whole + extent, whole).unsqueezed([place])
    let column = positions.unsqueezed(Array(1..<rank - place))
    let (off, on) = (
      values.gather(builder.constant(NDArray(Int64(0))), axis: 0),
      values.gather(builder.constant(NDArray(Int64(1))), axis: 0)
    )
    return [wrapped.equal(to: rank - place == 1 ? positions : column).select(on, off)]
  }
}

/// 1 at the first largest element along an axis, 0 elsewhere.
public struct Hardmax: Macro {
  public var axis = -1

  public init() {}
  public init(axis: Int) { self.axis = axis }

  public static let onnx = [ONNXForm<Self>("Hardmax", since: 13, inputs: 1, ["axis": .int(\.axis)])]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    if x.isPoisoned { return [x] }
    guard let axis = try? x.shape.axis(axis) else { return nil }
    let positions = x.builder.positions(x.dimension(axis))
    let chosen = x.argmax(axis: axis, keepDimensions: true)
    let column = axis == x.rank - 1 ? positions : positions.unsqueezed(Array(1..<x.rank - axis))
    return [chosen.equal(to: column).cast(to: x.scalar)]
  }
}

/// The position of the smallest element along an axis, as int64: the first of equals, or the last.
public struct ArgMin: Macro {
  public var axis = 0
  public var keepDimensions = true
  public var last = false

  public init() {}
  public init(axis: Int, keepDimensions: Bool, last: Bool = false) {
    (self.axis, self.keepDimensions, self.last) = (axis, keepDimensions, last)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "ArgMin", since: 12, inputs: 1,
      ["axis": .int(\.axis), "keepdims": .bool(\.keepDimensions), "select_last_index": .bool(\.last)]),
    ONNXForm<Self>("ArgMin", since: 1, inputs: 1, ["axis": .int(\.axis), "keepdims": .bool(\.keepDimensions)]),
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    let signed = x.scalar.isFloat || x.scalar == .int64 ? x : x.cast(to: .int64)
    return [(-signed).apply(ArgMax(axis: axis, keepDimensions: keepDimensions, last: last))]
  }
}

/// A matrix of the shape of x with ones on a diagonal, zeros elsewhere; of x's type unless one is given.
public struct EyeLike: Macro {
  public var diagonal = 0
  public var scalar: ScalarType?

  public init() {}
  public init(diagonal: Int, scalar: ScalarType? = nil) { (self.diagonal, self.scalar) = (diagonal, scalar) }

  public static let onnx = [
    ONNXForm<Self>(
      "EyeLike", since: 9, inputs: 1, ["k": .int(\.diagonal), "dtype": .optionalScalarType(\.scalar)])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    guard x.rank == 2 else {
      x.builder.record(.shape, at: x.builder.path, "\(x.shape) is no matrix")
      return nil
    }
    let rows = x.builder.positions(x.dimension(0)).unsqueezed([1])
    let columns = x.builder.positions(x.dimension(1))
    let shifted = rows + x.builder.constant(NDArray(Int64(diagonal)))
    return [shifted.equal(to: columns).cast(to: scalar ?? x.scalar)]
  }
}

extension NDArray {
  /// The one element, if it is a whole number.
  fileprivate var wholeNumber: Dimension? {
    if let number = integers?.first { return Dimension(number) }
    guard let number = doubles?.first, abs(number) < 0x1p53, number == number.rounded() else { return nil }
    return Dimension(Int(number))
  }
}
