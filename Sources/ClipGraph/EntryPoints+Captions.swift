import Graphs
import Operators
import Tensors

extension EntryPoints {
  /// Identifiers that the graph's token table has rows for; nil where captions index no constant.
  public var tokenTableRows: Int? {
    guard let text, let start = graph.inputs.first(where: { graph[$0].name == text.input }) else { return nil }
    var same: Set<ValueID> = [start]
    for node in graph.nodes {
      if node.op is Gather, node.inputs.count == 2, let table = node.inputs[0], let indices = node.inputs[1],
        same.contains(indices), graph[table].type.shape.rank == 2
      {
        return graph[table].type.shape[0].constant
      }
      if node.op is Cast || node.op is Reshape, let input = node.inputs.first, let input, same.contains(input) {
        same.formUnion(node.outputs.compactMap { $0 })
      }
    }
    return nil
  }

  /// What accompanies captions [rows, length] of which the first `lengths` tokens are no padding.
  public func companions(lengths: [Int], length: Int) -> [String: NDArray] {
    companions.arrays(lengths: lengths, length: length)
  }
}

extension [EntryPoints.Companion] {
  /// What accompanies captions [rows, length] of which the first `lengths` tokens are no padding.
  func arrays(lengths: [Int], length: Int) -> [String: NDArray] {
    var arrays: [String: NDArray] = [:]
    for companion in self {
      let isVector = companion.type.shape.rank == 1
      let isShared = isVector || companion.type.shape[0] == 1
      let rows = isShared ? [Int](lengths.prefix(1)) : lengths
      let numbers = rows.flatMap { filled in
        (0..<length).map { position -> Int in
          switch companion.role {
          case .mask: position < filled ? 1 : 0
          case .positions: position
          case .segments: 0
          }
        }
      }
      arrays[companion.name] = NDArray(
        whole: numbers, isVector ? [length] : [rows.count, length], as: companion.type.scalar)
    }
    return arrays
  }
}

extension NDArray {
  /// Whole numbers in any type that an input may have.
  public init(whole numbers: [Int], _ sizes: [Int], as scalar: ScalarType) {
    switch scalar {
    case .int32: self.init(numbers.map { Int32(truncatingIfNeeded: $0) }, sizes)
    case .bool: self.init(numbers.map { $0 != 0 }, sizes)
    case .uint8: self.init(numbers.map { UInt8(truncatingIfNeeded: $0) }, sizes)
    case .int64: self.init(numbers.map { Int64($0) }, sizes)
    default: self.init(numbers.map { Float($0) }, sizes, as: scalar)
    }
  }

  /// Numbers as a floating-point type; as float32 where `scalar` is none.
  public init(_ numbers: [Float], _ sizes: [Int], as scalar: ScalarType) {
    switch scalar {
    case .float64: self.init(numbers.map(Double.init), sizes)
    case .float16: self.init(bits: numbers.map { Float16($0).bitPattern }, sizes, .float16)
    case .bfloat16: self.init(bits: numbers.map(\.bfloat16), sizes, .bfloat16)
    default: self.init(numbers, sizes)
    }
  }

  private init(bits: [UInt16], _ sizes: [Int], _ scalar: ScalarType) {
    let plain = NDArray(bits, sizes)
    self = (try? NDArray(scalar, sizes, storage: plain.storage, offset: plain.offset)) ?? plain
  }
}

extension Float {
  /// Rounded to the nearest, ties to even.
  fileprivate var bfloat16: UInt16 {
    if isNaN { return 0x7fc0 }
    return UInt16(truncatingIfNeeded: (bitPattern + 0x7fff + (bitPattern >> 16 & 1)) >> 16)
  }
}
