import Graphs
import Tensors

/// A node that calls a model-local function.
struct Call {
  var key: ImportContext.FunctionKey
  var function: WireFunction
  var place: String
  var inputs: [Binding?]
  var outputs: [String]
  var attributes: [(name: String, value: AttributeValue)]
}

/// A call up to names: what decides whether it is an operator of the catalogue.
struct FunctionCall: Hashable {
  var key: ImportContext.FunctionKey
  var op: AnyHashable
  var site: FunctionSite
}

extension GraphImporter {
  /// Binds a call to the operator that its function defines, if the body says so, and inlines the body otherwise.
  func importCall(_ call: Call, _ frame: inout Frame) throws(ONNXError) {
    guard !frame.stack.contains(call.key) else {
      throw ONNXError(.invalid, at: call.place, "the function \(call.key.name) calls itself")
    }
    guard frame.stack.count < ImportContext.maximumDepth else {
      throw ONNXError(
        .unsupported, at: call.place, "functions are nested deeper than \(ImportContext.maximumDepth)")
    }
    let function = call.function
    guard call.inputs.count <= function.inputs.count, call.outputs.count <= function.outputs.count else {
      throw ONNXError(
        .invalid, at: call.place,
        "\(function.name) has \(function.inputs.count) inputs and \(function.outputs.count) "
          + "outputs, but is called with \(call.inputs.count) and \(call.outputs.count)")
    }
    if call.inputs.allSatisfy({ $0?.isTensor ?? true }), let op = context.namedOperator(call),
      try recognises(call, as: op, frame)
    {
      try add(op, call.inputs, call.outputs, &frame, at: call.place)
    } else {
      try inline(call, &frame)
    }
  }

  private func inline(_ call: Call, _ frame: inout Frame) throws(ONNXError) {
    let function = call.function
    var inner = Frame(imports: try ModelReader.table(function.imports, at: function.name))
    inner.prefix = call.place + "/"
    inner.stack = frame.stack + [call.key]
    inner.attributes = try attributes(of: call)
    for (position, name) in function.inputs.enumerated() where position < call.inputs.count {
      if let binding = call.inputs[position] { try inner.bind(name, binding, at: call.place) }
    }
    for (inside, outside) in zip(function.outputs, call.outputs) where !outside.isEmpty {
      inner.outputNames[inside] = valueName(outside, in: frame)
    }
    try importNodes(function.nodes, &inner)
    for (inside, outside) in zip(function.outputs, call.outputs) where !outside.isEmpty {
      guard let binding = inner.scope[inside] else {
        throw ONNXError(.invalid, at: call.place, "the function \(function.name) does not make its output \(inside)")
      }
      try frame.bind(outside, binding, at: call.place)
    }
  }

  /// What the body sees: the call's attributes, and defaults for the others.
  private func attributes(of call: Call) throws(ONNXError) -> [String: AttributeValue] {
    let function = call.function
    let known = Set(function.attributes + function.defaults.map(\.name))
    var values: [String: AttributeValue] = [:]
    for attribute in function.defaults {
      if case .value(let value) = attribute.content { values[attribute.name] = value }
    }
    for (name, value) in call.attributes {
      guard known.contains(name) else {
        throw ONNXError(.invalid, at: call.place, "the function \(function.name) has no attribute \(name)")
      }
      values[name] = value
    }
    return values
  }

  /// Whether the function's body equals `op`'s definition for these inputs. An operator may be replaced by its body
  /// without changing a result, so "no" is always safe.
  private func recognises(_ call: Call, as op: any Operator, _ frame: Frame) throws(ONNXError) -> Bool {
    let function = call.function
    let site = FunctionSite(
      inputs: call.inputs.map { binding in
        binding.map { FunctionSite.Input(type: type(of: $0), contents: contents(of: $0)) }
      }, outputCount: call.outputs.count)
    let key = FunctionCall(key: call.key, op: AnyHashable(op), site: site)
    if let known = context.recognised[key] { return known }
    let imports = try ModelReader.table(function.imports, at: function.name)
    let result: Bool
    if let opset = imports[""], let wanted = try? FunctionBody.definition(of: op, at: site, opset: opset),
      let found = try body(of: call, site, imports, frame)
    {
      result = wanted.computesSame(as: found)
    } else {
      result = false
    }
    context.recognised[key] = result
    return result
  }

  /// The function's body as a graph of its own.
  private func body(
    of call: Call, _ site: FunctionSite, _ imports: [String: Int], _ frame: Frame
  ) throws(ONNXError) -> Graph? {
    let importer = GraphImporter(context, name: call.function.name)
    var inner = Frame(imports: imports)
    inner.stack = frame.stack + [call.key]
    inner.attributes = try attributes(of: call)
    for (name, input) in zip(call.function.inputs, site.inputs) {
      guard let input else { continue }
      let id = importer.graph.addValue(Value(name: name, type: input.type, contents: input.contents))
      importer.graph.inputs.append(id)
      try inner.bind(name, Binding(value: id, name: name), at: call.place)
    }
    try importer.importNodes(call.function.nodes, &inner)
    for name in call.function.outputs.prefix(site.outputCount) {
      guard let binding = inner.scope[name] else { return nil }
      importer.graph.outputs.append(Graph.Output(name: name, value: importer.value(binding)))
    }
    return importer.graph
  }

  private func type(of binding: Binding) -> TensorType { graph[value(binding)].type }
  private func contents(of binding: Binding) -> [Dimension]? { graph[value(binding)].contents }
}

extension ImportContext {
  /// The operator that a call in the catalogue's function domain names, with its attributes: `Name`, or `Name_2` and so
  /// on.
  func namedOperator(_ call: Call) -> (any Operator)? {
    guard call.key.domain == Catalogue.domain else { return nil }
    var name = Substring(call.key.name)
    if let underscore = name.lastIndex(of: "_"), name[name.index(after: underscore)...].allSatisfy(\.isNumber) {
      name = name[..<underscore]
    }
    guard let type = catalogue.operators.first(where: { $0.name == call.key.name || $0.name == name }) else {
      return nil
    }
    guard let form = type.anyForms.first else { return nil }
    return try? form.operator(fromFunctionAttributes: call.attributes)
  }
}
