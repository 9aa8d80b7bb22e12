import Tensors

/// A value of a graph that is being built. Operators extend it with their functions.
///
/// A tensor whose making failed is poisoned: everything made from it is poisoned too, silently, because the first cause has
/// been recorded already.
public struct Tensor {
  public let builder: GraphBuilder
  public let id: ValueID?

  public init(_ builder: GraphBuilder, _ id: ValueID?) {
    self.builder = builder
    self.id = id
  }

  public var isPoisoned: Bool { id == nil }

  /// The type; a poisoned tensor is a float scalar.
  public var type: TensorType { id.map { builder.graph[$0].type } ?? TensorType(.float32, []) }
  public var shape: Shape { type.shape }
  public var scalar: ScalarType { type.scalar }
  public var rank: Int { shape.rank }
  public var name: String { id.map { builder.graph[$0].name } ?? "" }

  /// Known elements of a small integer tensor.
  public var contents: [Dimension]? { id.flatMap { builder.graph[$0].contents } }

  /// What the elements are where they are known to be bytes that hold integers of four bits.
  public var fourBit: FourBitInteger? { id.flatMap { builder.graph[$0].fourBit } }

  /// The same tensor, known to hold integers of four bits.
  public func holding(_ type: FourBitInteger) -> Tensor {
    if let id { builder.graph[id].fourBit = type }
    return self
  }

  /// The numbers of a constant that no run changes.
  public var numbers: NDArray? { id.flatMap { builder.graph.fixedNumbers($0) } }

  /// The number in a constant of one floating-point element, of any rank.
  public var scalarNumber: Float? {
    guard let numbers, numbers.count == 1 else { return nil }
    switch numbers.scalar {
    case .float32: return numbers.values(as: Float.self).first
    case .float64: return numbers.values(as: Double.self).first.map { Float($0) }
    default: return numbers.integers?.first.map { Float($0) }
    }
  }

  /// Gives the value a name of its own; a name in use gets a number behind it.
  @discardableResult
  public func named(_ name: String) -> Tensor {
    if let id { builder.rename(id, name) }
    return self
  }
}
