import Tensors

/// The graph as readable text, one line a node:
///
///     name: type = Operator(inputs) {attributes}
///
/// The same graph always gives the same text. Absent inputs and outputs are `_`.
extension Graph: CustomStringConvertible {
  public var description: String {
    var lines = ["graph \(name)"]
    func section(_ title: String, _ body: [String]) {
      if !body.isEmpty { lines += [title] + body.map { "  " + $0 } }
    }
    section("inputs", inputs.map(declaration))
    section("constants", constants.keys.sorted().map { "\(declaration($0))\(numbers(of: $0))" })
    section("nodes", nodes.map(line))
    section("outputs", outputs.map { $0.name == self[$0.value].name ? $0.name : "\($0.name) = \(self[$0.value].name)" })
    section("updates", updates.map { "\(self[$0.state].name) ← \(self[$0.value].name)" })
    return lines.joined(separator: "\n") + "\n"
  }

  /// One node as a line.
  public func line(_ node: Node) -> String {
    let made = node.outputs.map { $0.map(declaration) ?? "_" }.joined(separator: ", ")
    let read = node.inputs.map { $0.map { self[$0].name } ?? "_" }.joined(separator: ", ")
    let attributes = node.op.attributeText
    return "\(made) = \(node.op.name)(\(read))" + (attributes.isEmpty ? "" : " {\(attributes)}")
  }

  private func declaration(_ id: ValueID) -> String { "\(self[id].name): \(self[id].type)" }

  /// The numbers of a constant of at most eight elements; a state's change, and are left out.
  private func numbers(of id: ValueID) -> String {
    guard let text = fixedNumbers(id)?.shortText else { return "" }
    return " = " + text
  }
}

extension Operator {
  /// The attributes as `name = value`, in the order of the ONNX form.
  public var attributeText: String {
    let form = primaryForm
    let encoded = form.encode(self)
    var parts = encoded.attributes.map { "\($0.0) = \($0.1)" }
    for input in form.constantInputs {
      if let value = encoded.constantInputs[input.position] { parts.append("\(input.name) = \(value)") }
    }
    return parts.joined(separator: ", ")
  }
}

extension AttributeValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .int(let value): "\(value)"
    case .ints(let values): "\(values)"
    case .float(let value): "\(value)"
    case .floats(let values): "\(values)"
    case .string(let value): value
    case .strings(let values): "[\(values.joined(separator: ", "))]"
    case .graph(let graph): "graph \(graph.name)"
    case .tensor(let array): array.shortText.map { "\(array.type) \($0)" } ?? "\(array.type)"
    }
  }
}

extension NDArray {
  /// The numbers where there are at most eight: bare for a scalar, in brackets otherwise.
  fileprivate var shortText: String? {
    guard count <= 8 else { return nil }
    let texts: [String]
    switch scalar {
    case .float32: texts = values(as: Float.self).map { "\($0)" }
    case .float64: texts = values(as: Double.self).map { "\($0)" }
    default:
      guard let integers else { return nil }
      texts = integers.map { "\($0)" }
    }
    return sizes.isEmpty ? texts.first : "[\(texts.joined(separator: ", "))]"
  }
}
