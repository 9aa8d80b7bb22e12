import Graphs
import Tensors

/// The number of elements of x as an int64 scalar.
public struct SizeOf: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Size", since: 1, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { [TensorType(.int64, [])] }

  public func contents(_ x: Operands) -> [[Dimension]?] { [[x[0].shape.elementCount]] }

  public func gradient(_ p: Pullback) -> [Tensor?] { [nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let count = Int64(site.input(0).count)
    return Kernel("size", bytes: 8) { b in b.output(0, as: Int64.self)?.pointee = count }
  }
}

/// The extents of x as an int64 vector, from axis `start` up to, not including, axis `end`.
public struct ShapeOf: Operator {
  public var start = 0
  public var end: Int?

  public init() {}
  public init(start: Int, end: Int?) { (self.start, self.end) = (start, end) }

  public static let onnx = [
    ONNXForm<Self>("Shape", since: 15, inputs: 1, ["start": .int(\.start), "end": .optionalInt(\.end)]),
    ONNXForm<Self>("Shape", since: 1, inputs: 1),
  ]

  private func extents(_ shape: Shape) -> [Dimension] {
    func position(_ axis: Int) -> Int { min(max(axis < 0 ? axis &+ shape.rank : axis, 0), shape.rank) }
    let (first, last) = (position(start), position(end ?? shape.rank))
    return first < last ? Array(shape.dimensions[first..<last]) : []
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    [TensorType(.int64, [Dimension(extents(x[0].shape).count)])]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] { [extents(x[0].shape)] }

  public func gradient(_ p: Pullback) -> [Tensor?] { [nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let values = extents(Shape(site.input(0).sizes)).map { Int64($0.constant ?? 0) }
    return Kernel("shape", bytes: site.output().byteCount) { b in
      guard let out = b.output(0, as: Int64.self) else { return }
      for index in values.indices { out[index] = values[index] }
    }
  }
}

extension Tensor {
  /// The shape as an int64 vector.
  public func shapeTensor() -> Tensor { apply(ShapeOf()) }

  /// The extent of one axis as an int64 vector of one element: a constant where it is known.
  public func dimension(_ axis: Int) -> Tensor {
    if isPoisoned { return self }
    guard let position = try? shape.axis(axis) else {
      builder.record(.shape, at: builder.path, "axis \(axis) is outside of \(shape)")
      return Tensor(builder, nil)
    }
    if let size = shape[position].constant { return builder.constant([size]) }
    return apply(ShapeOf(start: position, end: position + 1))
  }
}
