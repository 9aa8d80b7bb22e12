import Graphs
import Tensors

/// A GraphProto.
struct WireGraph: Sendable {
  var name = ""
  var nodes: [WireNode] = []
  var initializers: [WireTensor] = []
  var inputs: [WireValue] = []
  var outputs: [WireValue] = []
  var values: [WireValue] = []
}

/// A NodeProto. An empty name among the inputs or outputs stands for an absent one.
struct WireNode: Sendable {
  var name = ""
  var domain = ""
  var type = ""
  var overload = ""
  var inputs: [String] = []
  var outputs: [String] = []
  var attributes: [WireAttribute] = []
}

/// An AttributeProto.
struct WireAttribute: Sendable {
  enum Content: Sendable {
    case value(AttributeValue)
    /// The attribute of this name of the function around.
    case reference(String)
    /// A branch or a body.
    case graph(WireGraph)
    /// A kind of attribute that no supported operator has, in words.
    case unsupported(String)
  }

  var name: String
  var content: Content
}

/// A TensorProto with its numbers.
struct WireTensor: Sendable {
  var name: String
  var array: NDArray
  /// Where the numbers go when they are written outside of the model file.
  var external: ExternalPlace?
}

/// A part of an external data file.
struct ExternalPlace: Equatable {
  var location: String
  var offset: Int
  var length: Int
}

/// A ValueInfoProto.
struct WireValue: Sendable {
  enum Extent: Sendable {
    case size(Int)
    case symbol(String)
    case unknown
  }

  enum Kind: Sendable {
    /// Element type by its number in TensorProto.DataType; extents are nil where the rank is unknown.
    case tensor(element: Int, extents: [Extent]?)
    /// A sequence, a map, …
    case other
    case unknown
  }

  var name: String
  var kind: Kind

  /// The type of its elements where that is one of four bits.
  var fourBit: FourBitInteger? {
    guard case .tensor(let element, _) = kind else { return nil }
    return FourBitInteger(rawValue: element)
  }
}
