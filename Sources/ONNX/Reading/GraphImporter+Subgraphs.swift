import Graphs
import Tensors

extension GraphImporter {
  /// The names of outer values that a node's branches or body read. Constants are not among them: those are kept by the
  /// subgraph.
  func captures(of node: WireNode, _ frame: Frame) -> [String] {
    var names: [String] = []
    for case .graph(let wire) in node.attributes.map(\.content) {
      for name in wire.freeNames where !names.contains(name) {
        if let binding = frame.scope[name], binding.array == nil || binding.isState { names.append(name) }
      }
    }
    return names
  }

  /// What builds `wire` wherever an operator wants it; `captured` names the outer values that the operator hands on.
  func subgraph(_ wire: WireGraph, _ frame: Frame, _ captured: [String]) -> Subgraph {
    let (catalogue, functions, imports) = (context.catalogue, context.functions, frame.imports)
    let (attributes, stack) = (frame.attributes, frame.stack)
    let constants = wire.freeNames.compactMap { name -> (name: String, array: NDArray)? in
      guard let binding = frame.scope[name], !binding.isState, let array = binding.array else { return nil }
      binding.isConsumed = true
      return (name, array)
    }
    let nodes = wire.orderedNodes
    return Subgraph(wire.name, inputs: wire.inputs.count, outputs: wire.outputs.count) { builder, inputs, outer in
      do throws(ONNXError) {
        let context = try ImportContext(
          catalogue, functions: Array(functions.values), nodeBudget: builder.remainingNodes)
        let importer = GraphImporter(context, extending: builder)
        defer { importer.giveBack(to: builder) }
        var inner = Frame(imports: imports)
        (inner.attributes, inner.stack, inner.isInner) = (attributes, stack, true)
        inner.prefix = builder.path.isEmpty ? "" : builder.path + "/"
        for (name, array) in constants {
          inner.scope[name] = Binding(constant: array, name: importer.valueName(name, in: inner), isState: false)
        }
        for (name, tensor) in zip(captured, outer) {
          inner.scope[name] = tensor?.id.map { Binding(value: $0, name: name) }
        }
        for tensor in wire.initializers {
          let name = importer.valueName(tensor.name, in: inner)
          try inner.bind(tensor.name, Binding(constant: tensor.array, name: name, isState: false), at: wire.name)
        }
        for (input, tensor) in zip(wire.inputs, inputs) {
          if let id = tensor.id { try inner.bind(input.name, Binding(value: id, name: input.name), at: wire.name) }
        }
        try context.refuseUnsupported([wire], imports: imports)
        try importer.importNodes(nodes, &inner)
        var results: [ValueID] = []
        for output in wire.outputs {
          guard let binding = inner.scope[output.name] else {
            throw ONNXError(.invalid, at: output.name, "is an output of \(wire.name), but nothing makes it")
          }
          guard binding.isTensor else {
            throw ONNXError(.unsupported, at: output.name, "is an output of \(wire.name), but no tensor")
          }
          results.append(importer.value(binding))
        }
        return results.map { Tensor(builder, $0) }
      } catch {
        builder.record(error.kind == .unsupported ? .unsupported : .shape, at: builder.path, "\(error)")
        return wire.outputs.map { _ in Tensor(builder, nil) }
      }
    }
  }

  /// Lets others take the operator's place, if it says so. Their results take the names of the outputs.
  func elaborate(
    _ op: any Elaborated, _ ids: [ValueID?], _ outputs: [String], _ frame: inout Frame, at place: String
  ) throws(ONNXError) -> Bool {
    let builder = GraphBuilder(extending: graph)
    builder.subgraphCount = subgraphCount
    builder.remainingNodes = context.remainingNodes
    let results = builder.scoped(place) {
      op.elaboration(ids.map { $0.map { Tensor(builder, $0) } }, outputs: outputs.count)
    }
    if let mistake = builder.diagnostics.first {
      let kind = mistake.kind == .unsupported ? ONNXError.Kind.unsupported : .invalid
      throw ONNXError(kind, at: place, "\(op.name): \(mistake.message)")
    }
    context.remainingNodes = builder.remainingNodes
    guard let results else { return false }
    fixDefaults(before: ids.compactMap { $0 }.filter { graph[$0].type.shape.rank <= 1 })
    let (firstValue, firstNode) = (graph.values.count, graph.nodes.count)
    subgraphCount = builder.subgraphCount
    graph = builder.graph
    makeUnique(valuesFrom: firstValue, nodesFrom: firstNode)
    guard results.count >= outputs.count else {
      throw ONNXError(.invalid, at: place, "\(op.name) has \(results.count) outputs, not \(outputs.count)")
    }
    var renamed: Set<ValueID> = []
    for (output, result) in zip(outputs, results) where !output.isEmpty {
      guard let id = result.id else { throw ONNXError(.invalid, at: place, "\(op.name): \(output) is not made") }
      if id.index >= firstValue, renamed.insert(id).inserted { graph[id].name = valueName(output, in: frame) }
      try frame.bind(output, Binding(value: id, name: graph[id].name), at: place)
    }
    return true
  }

  /// Values that have been computed from defaults hold for these numbers alone: a caller may not give others.
  func fixDefaults(before ids: [ValueID]) {
    if graph.defaults.isEmpty { return }
    let producers = graph.producers
    var (pending, seen) = (ids, Set(ids))
    while let id = pending.popLast() {
      graph.defaults.remove(graph[id].name)
      guard let index = producers[id] else { continue }
      for case let input? in graph.nodes[index].inputs where seen.insert(input).inserted { pending.append(input) }
    }
  }

  /// What inference says of an operator. Small integers that it needs to know, but that come about by arithmetic on floating
  /// point, become constants where nothing else takes part.
  func inferred(
    _ op: any Operator, _ ids: inout [ValueID?], outputCount: Int
  ) throws(GraphError) -> [Graph.Fact] {
    do throws(GraphError) { return try graph.infer(op, ids, outputCount: outputCount) } catch {
      var known = ids
      for (position, id) in ids.enumerated() {
        guard let id, graph[id].contents == nil, graph.constants[id] == nil, !graph[id].type.scalar.isFloat,
          graph[id].type.shape.rank <= 1, let array = graph.evaluated(id),
          let contents = GraphBuilder.contents(of: array)
        else { continue }
        let constant = graph.addValue(
          Value(name: freshValueName(graph[id].name + "/Constant"), type: array.type, contents: contents))
        graph.constants[constant] = array
        fixDefaults(before: [id])
        known[position] = constant
      }
      guard known != ids else { throw error }
      let facts = try graph.infer(op, known, outputCount: outputCount)
      ids = known
      return facts
    }
  }
}

extension WireNode {
  /// How many inputs of its own a node with subgraphs has at least: those of the largest; nil without subgraphs.
  var subgraphInputCount: Int? {
    attributes.compactMap { attribute -> Int? in
      guard case .graph(let wire) = attribute.content else { return nil }
      return wire.inputs.count
    }.max()
  }
}

extension WireGraph {
  /// Names that the graph reads, but does not make: those of values around it.
  var freeNames: [String] {
    var known = Set(inputs.map(\.name) + initializers.map(\.name))
    for node in nodes { known.formUnion(node.outputs) }
    var names: [String] = []
    for name in nodes.flatMap(\.readNames) + outputs.map(\.name) where !name.isEmpty && known.insert(name).inserted {
      names.append(name)
    }
    return names
  }
}

extension WireNode {
  /// Inputs, and what inner graphs read besides.
  var readNames: [String] {
    inputs
      + attributes.flatMap { attribute -> [String] in
        guard case .graph(let wire) = attribute.content else { return [] }
        return wire.freeNames
      }
  }
}
