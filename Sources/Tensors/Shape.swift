/// The extents of all axes, outermost first.
public struct Shape: Hashable, Sendable {
  public var dimensions: [Dimension]

  public init(_ dimensions: [Dimension]) { self.dimensions = dimensions }
  public init(_ sizes: [Int]) { self.init(sizes.map { Dimension($0) }) }

  public var rank: Int { dimensions.count }

  /// The extent of `axis`; negative axes count from the end.
  public subscript(axis: Int) -> Dimension {
    get { dimensions[axis < 0 ? axis + rank : axis] }
    set { dimensions[axis < 0 ? axis + rank : axis] = newValue }
  }

  /// The product of all extents; 1 for a scalar.
  public var elementCount: Dimension { dimensions.reduce(1, *) }

  /// All extents as numbers, if no symbol is left.
  public var sizes: [Int]? {
    var sizes: [Int] = []
    for dimension in dimensions {
      guard let size = dimension.constant else { return nil }
      sizes.append(size)
    }
    return sizes
  }

  public func bound(_ values: [String: Int]) -> Shape { Shape(dimensions.map { $0.bound(values) }) }

  public var symbols: Set<String> { dimensions.reduce(into: []) { $0.formUnion($1.symbols) } }

  /// `axis` counted from the front, or an error that names both numbers.
  public func axis(_ axis: Int) throws(ShapeError) -> Int {
    guard axis >= -rank, axis < rank else { throw ShapeError("axis \(axis) is outside of \(self)") }
    return axis < 0 ? axis + rank : axis
  }
}

extension Shape: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: Dimension...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
  public var description: String { "[" + dimensions.map(\.description).joined(separator: ", ") + "]" }
}

/// What a tensor is before it has numbers: the type of its elements and its shape.
public struct TensorType: Hashable, Sendable {
  public var scalar: ScalarType
  public var shape: Shape

  public init(_ scalar: ScalarType, _ shape: Shape) {
    self.scalar = scalar
    self.shape = shape
  }

  public func bound(_ values: [String: Int]) -> TensorType { TensorType(scalar, shape.bound(values)) }
}

extension TensorType: CustomStringConvertible {
  public var description: String { "\(scalar)\(shape)" }
}

/// Types that do not fit together. The message gives both sides; whoever catches it adds the place.
public struct ShapeError: Error, Hashable, Sendable, CustomStringConvertible {
  public let message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}

/// Throws `message` unless `condition` holds.
public func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(ShapeError) {
  if !condition { throw ShapeError(message()) }
}
