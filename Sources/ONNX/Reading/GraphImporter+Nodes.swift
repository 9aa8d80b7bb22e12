import Graphs
import Tensors

extension GraphImporter {
  func importNodes(_ nodes: [WireNode], _ frame: inout Frame) throws(ONNXError) {
    for node in nodes { try importNode(node, &frame) }
  }

  private func importNode(_ node: WireNode, _ frame: inout Frame) throws(ONNXError) {
    let place = nodeName(of: node, in: frame)
    try context.spend(at: place)
    var inputs = try operands(node.inputs, frame, at: "\(place) (\(node.type))")
    let captured = captures(of: node, frame)
    let attributes = try attributes(of: node, frame, captured, at: place)
    if let count = node.subgraphInputCount {
      inputs += [Binding?](repeating: nil, count: max(count - inputs.count, 0))
      inputs += captured.map { frame.scope[$0] }
    }
    let outputs = trimmed(node.outputs)
    if let (key, function) = context.function(of: node) {
      let call = Call(
        key: key, function: function, place: place, inputs: inputs, outputs: outputs, attributes: attributes)
      try importCall(call, &frame)
      return
    }
    switch WireSyntax(node) {
    case .constant:
      guard outputs.count == 1, inputs.isEmpty else {
        throw ONNXError(.invalid, at: place, "Constant has no inputs and one output")
      }
      let name = valueName(outputs[0], in: frame)
      if let kind = attributes.first?.name, attributes.count == 1, ["value_string", "value_strings"].contains(kind) {
        try frame.bind(outputs[0], Binding(refusal: "is a string, which is not supported", name: name), at: place)
        return
      }
      let array = try WireSyntax.numbers(of: attributes, at: place)
      try frame.bind(outputs[0], Binding(constant: array, name: name, isState: false), at: place)
    case .sequence(let operation):
      try importSequence(operation, attributes, inputs, outputs, &frame, at: place)
    case .identity:
      guard inputs.count == 1, let source = inputs[0], outputs.count == 1 else {
        throw ONNXError(.invalid, at: place, "Identity has one input and one output")
      }
      try frame.bind(outputs[0], source, at: place)
    case nil:
      guard let version = frame.imports[node.domain],
        let form = context.catalogue.form(domain: node.domain, name: node.type, opset: version)
      else { throw ONNXError(.unsupported, at: place, "\(node.type) is not supported") }
      let (op, operands) = try decode(form, attributes, inputs, at: place)
      let tensors = attributes.compactMap { attribute -> NDArray? in
        guard case .tensor(let array) = attribute.value else { return nil }
        return array
      }
      try add(op, operands, outputs, &frame, fourBit: tensors.first?.fourBit, at: place)
    }
  }

  /// Adds a node; its outputs take the names that the frame has for them.
  ///
  /// - Parameter fourBit: what the outputs hold that have its element type; the same as the first input where nil.
  func add(
    _ op: any Operator, _ inputs: [Binding?], _ outputs: [String], _ frame: inout Frame,
    fourBit: FourBitInteger? = nil, at place: String
  ) throws(ONNXError) {
    try requireTensors(inputs, of: op.name, at: place)
    var ids = inputs.map { $0.map { value($0) } }
    while let last = ids.last, last == nil { ids.removeLast() }
    if let op = op as? any Elaborated, try elaborate(op, ids, outputs, &frame, at: place) { return }
    let facts: [Graph.Fact]
    do { facts = try inferred(op, &ids, outputCount: outputs.count) } catch {
      let operands = ids.map { id in id.map { "\(graph[$0].name): \(graph[$0].type)" } ?? "absent" }
      throw ONNXError(.invalid, at: place, "\(error.message) (inputs: \(operands.joined(separator: ", ")))")
    }
    let first = op is any Elaborated ? nil : ids.first.flatMap { $0 }.flatMap { graph[$0].fourBit }
    var made: [ValueID?] = []
    for (output, fact) in zip(outputs, facts) {
      guard !output.isEmpty else {
        made.append(nil)
        continue
      }
      let name = valueName(output, in: frame)
      var value = Value(name: name, type: fact.type, contents: fact.contents)
      if let held = fourBit ?? first, held.holder == fact.type.scalar { value.fourBit = held }
      let id = graph.addValue(value)
      try frame.bind(output, Binding(value: id, name: name), at: place)
      made.append(id)
    }
    graph.nodes.append(Node(name: place, op: op, inputs: ids, outputs: made))
  }

  /// The operator, with constant inputs moved into its attributes, and the inputs that remain.
  private func decode(
    _ form: AnyONNXForm, _ attributes: [(name: String, value: AttributeValue)], _ inputs: [Binding?], at place: String
  ) throws(ONNXError) -> (any Operator, [Binding?]) {
    var constants: [Int: NDArray] = [:]
    var operands: [Binding?] = []
    let constantNames = Dictionary(form.constantInputs.map { ($0.position, $0.name) }) { first, _ in first }
    try requireTensors(inputs, of: form.name, at: place)
    for (position, input) in inputs.enumerated() {
      guard let name = constantNames[position] else {
        operands.append(input)
        continue
      }
      guard let input else { continue }
      guard let array = numbers(of: input) else {
        throw ONNXError(
          .unsupported, at: place,
          "\(form.name): input \(name) (\(input.name)) must be known before running, "
            + "but depends on data\(input.isState ? ": it is updated by training" : "")")
      }
      input.isConsumed = true
      constants[position] = array
    }
    do { return (try form.decode(attributes, constants), operands) } catch {
      throw ONNXError(.invalid, at: place, "\(form.name): \(error.message)")
    }
  }

  /// The numbers of a constant that no run changes, or of a value that depends on nothing else.
  func numbers(of binding: Binding) -> NDArray? {
    if let array = binding.array { return binding.isState ? nil : array }
    guard let id = binding.id, let array = graph.evaluated(id) else { return nil }
    fixDefaults(before: [id])
    return array
  }

  private func requireTensors(_ inputs: [Binding?], of name: String, at place: String) throws(ONNXError) {
    for case let input? in inputs where !input.isTensor {
      throw ONNXError(
        .unsupported, at: place, "\(name) reads \(input.name), which \(input.refusal ?? "is a sequence, not a tensor")")
    }
  }

  private func operands(_ names: [String], _ frame: Frame, at place: String) throws(ONNXError) -> [Binding?] {
    var operands: [Binding?] = []
    for name in trimmed(names) {
      guard !name.isEmpty else {
        operands.append(nil)
        continue
      }
      guard let binding = frame.scope[name] else {
        throw ONNXError(
          .invalid, at: place, "reads \(name), which is no input or initializer, and no earlier node makes it")
      }
      operands.append(binding)
    }
    return operands
  }

  /// Without the absent names at the end.
  private func trimmed(_ names: [String]) -> [String] {
    var names = names
    while let last = names.last, last.isEmpty { names.removeLast() }
    return names
  }

  /// The attributes of a node, with those of the function around put in.
  private func attributes(
    of node: WireNode, _ frame: Frame, _ captured: [String], at place: String
  ) throws(ONNXError) -> [(name: String, value: AttributeValue)] {
    var attributes: [(name: String, value: AttributeValue)] = []
    var seen: Set<String> = []
    for attribute in node.attributes {
      guard seen.insert(attribute.name).inserted else {
        throw ONNXError(.invalid, at: place, "\(node.type) has the attribute \(attribute.name) twice")
      }
      switch attribute.content {
      case .value(let value): attributes.append((attribute.name, value))
      case .reference(let name):
        guard let outer = frame.attributes else {
          throw ONNXError(
            .invalid, at: place, "attribute \(attribute.name) refers to \(name) of a function, but stands in none")
        }
        if let value = outer[name] { attributes.append((attribute.name, value)) }
      case .graph(let wire): attributes.append((attribute.name, .graph(subgraph(wire, frame, captured))))
      case .unsupported(let words):
        throw ONNXError(
          .unsupported, at: place, "\(node.type): attribute \(attribute.name) is \(words), which is not supported")
      }
    }
    return attributes
  }
}
