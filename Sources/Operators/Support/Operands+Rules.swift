import Graphs
import Tensors

extension Operands {
  /// Contents are followed in tensors of at most this many elements.
  static let contentsLimit = 64

  /// The contents of input `index`, if they are known.
  func contents(of index: Int) -> [Dimension]? { index < contents.count ? contents[index] : nil }

  /// The contents of input `index`, if they are known numbers.
  func numbers(of index: Int) -> [Int]? {
    guard let values = contents(of: index) else { return nil }
    let numbers = values.compactMap(\.constant)
    return numbers.count == values.count ? numbers : nil
  }

  /// Input 0's contents under another shape.
  var sameContents: [[Dimension]?] { [contents(of: 0)] }

  /// The common shape of all inputs.
  func broadcastShape() throws(ShapeError) -> Shape { try Broadcasting.shape(types.compactMap { $0?.shape }) }

  /// All inputs are there, and of one element type.
  func requireOneScalar() throws(ShapeError) {
    for (index, type) in types.enumerated() {
      guard let type else { throw ShapeError("lacks input \(index)") }
      try require(type.scalar == self[0].scalar, "element types differ: \(self[0].scalar) and \(type.scalar)")
    }
  }

  /// Contents of an element-wise function with broadcasting; nil where an element is not known.
  func elementwise(_ combine: ([Dimension]) -> Dimension?) -> [[Dimension]?] {
    let values = types.indices.compactMap { contents(of: $0) }
    guard values.count == types.count, let shape = try? broadcastShape(), let out = shape.sizes,
      let count = shape.elementCount.constant, count <= Operands.contentsLimit
    else { return [nil] }
    let strides = types.map { Broadcasting.strides(of: $0?.shape.sizes ?? [], in: out) }
    let dense = denseStrides(out)
    var result: [Dimension] = []
    for position in 0..<count {
      var arguments: [Dimension] = []
      for (operand, stride) in zip(values, strides) {
        var offset = 0
        for axis in out.indices { offset += position / Int(dense[axis]) % out[axis] * Int(stride[axis]) }
        guard operand.indices.contains(offset) else { return [nil] }
        arguments.append(operand[offset])
      }
      guard let value = combine(arguments) else { return [nil] }
      result.append(value)
    }
    return [result]
  }
}

extension Shape {
  /// All axes counted from the front, each once, ascending.
  func axes(_ axes: [Int]) throws(ShapeError) -> [Int] {
    var result: [Int] = []
    for given in axes {
      let axis = try axis(given)
      try require(!result.contains(axis), "axis \(given) occurs twice")
      result.append(axis)
    }
    return result.sorted()
  }
}

extension Dimension {
  /// Whether this is at least 0 whatever the symbols (which are never negative); false also where that is not seen.
  var isNonNegative: Bool {
    if let constant { return constant >= 0 }
    if symbolName != nil { return true }
    for symbol in symbols.sorted() {
      let rest = bound([symbol: 0])
      if let factor = (self - rest).dividedExactly(by: .symbol(symbol)), factor != self, rest != self {
        return rest.isNonNegative && factor.isNonNegative
      }
    }
    return false
  }
}
