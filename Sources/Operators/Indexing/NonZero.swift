import Graphs
import Tensors

/// The positions of the elements that are not 0, in row-major order, as int64 [rank, count].
///
/// How many there are depends on data: the operator is read where that is known, and stays in no graph.
public struct NonZero: Elaborated {
  public init() {}

  public static let onnx = [ONNXForm<Self>("NonZero", since: 9, inputs: 1, isReadOnly: true)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    guard let numbers = x.numbers(of: 0), x[0].shape.rank <= 1 else {
      throw ShapeError(
        "how many elements of \(x[0].shape) are not zero depends on data that is not known before running")
    }
    let count = numbers.count { $0 != 0 }
    return [TensorType(.int64, [Dimension(x[0].shape.rank), Dimension(count)])]
  }

  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    if let numbers = x.evaluated { return [x.builder.constant(NonZero.positions(in: numbers))] }
    guard x.isWithoutZeros else { return nil }
    return [NonZero.everyPosition(of: x)]
  }

  static func positions(in array: NDArray) -> NDArray {
    let isSet = array.doubles.map { $0.map { $0 != 0 } } ?? (array.integers ?? []).map { $0 != 0 }
    let found = isSet.indices.filter { isSet[$0] }
    var columns: [Int64] = []
    for (axis, stride) in zip(array.sizes, denseStrides(array.sizes)) {
      columns += found.map { Int64($0 / Int(stride) % max(axis, 1)) }
    }
    return NDArray(columns, [array.sizes.count, found.count])
  }

  /// All positions of a tensor without zeros, whatever its extents.
  private static func everyPosition(of x: Tensor) -> Tensor {
    let (builder, shape) = (x.builder, x.shapeTensor())
    let rows = (0..<x.rank).map { axis in
      builder.positions(x.dimension(axis)).unsqueezed((0..<x.rank).filter { $0 != axis }).expanded(shape: shape)
        .reshaped(shape: builder.constant([1, -1]))
    }
    return rows.count == 1 ? rows[0] : concatenated(rows, axis: 0)
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    guard let numbers = site.input(0).constant else {
      throw ShapeError("its result's size depends on data that is not known before running")
    }
    let positions = NonZero.positions(in: numbers)
    return Kernel("copy", bytes: positions.byteCount) { b in
      b.rawOutput()?.copyMemory(from: positions.address, byteCount: positions.byteCount)
    }
  }
}

extension Tensor {
  /// Whether this is one number other than 0, repeated to whatever shape.
  fileprivate var isWithoutZeros: Bool {
    guard let (op, inputs) = maker, rank > 0 else { return false }
    switch op {
    case let op as ConstantOfShape:
      guard let value = op.value else { return false }
      return (value.integers?.first.map { $0 != 0 } ?? value.doubles?.first.map { $0 != 0 }) ?? false
    case is Cast, is Expand, is Reshape, is Unsqueeze, is Squeeze, is Flatten:
      guard let source = inputs.first, let source else { return false }
      if let numbers = source.evaluated {
        return numbers.integers.map { !$0.contains(0) } ?? numbers.doubles.map { !$0.contains(0) } ?? false
      }
      return source.isWithoutZeros
    default: return false
    }
  }
}
