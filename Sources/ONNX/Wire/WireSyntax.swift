import Graphs
import Tensors

/// The standard operators that are punctuation in a file rather than computation, and never become nodes of a `Graph`:
/// `Constant` is a constant, `Identity` gives a value a second name, and sequences are lists of names. The first two are
/// written where the format
/// asks for them: `Constant` in function bodies, which have no initializers, and `Identity` for outputs whose value
/// bears another name.
enum WireSyntax {
  case constant
  case identity
  case sequence(Sequence)

  enum Sequence: String {
    case empty = "SequenceEmpty"
    case construct = "SequenceConstruct"
    case insert = "SequenceInsert"
    case erase = "SequenceErase"
    case at = "SequenceAt"
    case length = "SequenceLength"
    case split = "SplitToSequence"
    case concatenate = "ConcatFromSequence"
  }

  /// nil for every other node.
  init?(_ node: WireNode) {
    guard node.domain.isEmpty else { return nil }
    switch node.type {
    case "Constant": self = .constant
    case "Identity": self = .identity
    default:
      guard let operation = Sequence(rawValue: node.type) else { return nil }
      self = .sequence(operation)
    }
  }

  static func constant(_ array: NDArray, named name: String) -> WireNode {
    WireNode(
      name: name, type: "Constant", outputs: [name],
      attributes: [WireAttribute(name: "value", content: .value(.tensor(array)))])
  }

  static func identity(from source: String, to name: String) -> WireNode {
    WireNode(name: name, type: "Identity", inputs: [source], outputs: [name])
  }

  /// The numbers of a `Constant` node, given its attributes.
  static func numbers(
    of attributes: [(name: String, value: AttributeValue)], at place: String
  ) throws(ONNXError) -> NDArray {
    guard attributes.count == 1, let (name, value) = attributes.first else {
      throw ONNXError(.invalid, at: place, "Constant needs exactly one attribute, but has \(attributes.count)")
    }
    switch (name, value) {
    case ("value", .tensor(let array)), ("sparse_value", .tensor(let array)): return array
    case ("value_int", .int(let number)): return NDArray(Int64(number))
    case ("value_ints", .ints(let numbers)): return NDArray(numbers.map { Int64($0) }, [numbers.count])
    case ("value_float", .float(let number)): return NDArray(number)
    case ("value_floats", .floats(let numbers)): return NDArray(numbers, [numbers.count])
    case ("value_string", _), ("value_strings", _):
      throw ONNXError(.unsupported, at: place, "Constant with \(name) is not supported")
    default: throw ONNXError(.invalid, at: place, "Constant has no attribute \(name) of this kind")
    }
  }
}
