import Graphs
import Tensors

/// A call of an operator's function carries all that the operator's form spells: its attributes, and what the form
/// spells as constant inputs as attributes of those names.
extension AnyONNXForm {
  func functionAttributes(of op: any Operator) -> [(name: String, value: AttributeValue)] {
    let (attributes, constants) = encode(op)
    let inputs = constantInputs.compactMap { position, name in constants[position].map { (name: name, value: $0) } }
    return attributes.map { (name: $0.0, value: $0.1) } + inputs
  }

  func `operator`(
    fromFunctionAttributes attributes: [(name: String, value: AttributeValue)]
  ) throws(ShapeError) -> any Operator {
    var own: [(name: String, value: AttributeValue)] = []
    var constants: [Int: NDArray] = [:]
    for (name, value) in attributes {
      if !attributeNames.contains(name), let input = constantInputs.first(where: { $0.name == name }) {
        constants[input.position] = try value.array()
      } else {
        own.append((name, value))
      }
    }
    return try decode(own, constants)
  }

  /// The names that the function declares.
  var functionAttributeNames: [String] {
    attributeNames + constantInputs.map(\.name).filter { !attributeNames.contains($0) }
  }
}

extension AttributeValue {
  /// The attribute as a tensor, as constant inputs need it.
  func array() throws(ShapeError) -> NDArray {
    switch self {
    case .int(let number): return NDArray(Int64(number))
    case .ints(let numbers): return NDArray(numbers.map { Int64($0) }, [numbers.count])
    case .float(let number): return NDArray(number)
    case .floats(let numbers): return NDArray(numbers, [numbers.count])
    case .tensor(let array): return array
    case .string, .strings, .graph: throw ShapeError("a string or a graph cannot be a tensor")
    }
  }
}
