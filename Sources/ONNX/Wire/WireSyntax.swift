import Graphs
import Tensors

/// The two standard operators that are punctuation in a file rather than computation, and never become nodes of a
/// `Graph`: `Constant` is a constant, and `Identity` gives a value a second name. Both are written where the format
/// asks for them: `Constant` in function bodies, which have no initializers, and `Identity` for outputs whose value
/// bears another name.
enum WireSyntax {
  case constant
  case identity

  /// nil for every other node.
  init?(_ node: WireNode) {
    guard node.domain.isEmpty else { return nil }
    switch node.type {
    case "Constant": self = .constant
    case "Identity": self = .identity
    default: return nil
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
    case ("value", .tensor(let array)): return array
    case ("value_int", .int(let number)): return NDArray(Int64(number))
    case ("value_ints", .ints(let numbers)): return NDArray(numbers.map { Int64($0) }, [numbers.count])
    case ("value_float", .float(let number)): return NDArray(number)
    case ("value_floats", .floats(let numbers)): return NDArray(numbers, [numbers.count])
    case ("value_string", _), ("value_strings", _), ("sparse_value", _):
      throw ONNXError(.unsupported, at: place, "Constant with \(name) is not supported")
    default: throw ONNXError(.invalid, at: place, "Constant has no attribute \(name) of this kind")
    }
  }
}
