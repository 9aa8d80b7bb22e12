import Graphs
import Tensors

extension GraphWriter {
  /// A node that is spelt in its standard form, with graphs in the place of what builds them, and the own inputs alone: a
  /// subgraph sees the names around it.
  func branching(_ op: any Branching, _ node: Node, as form: AnyONNXForm) throws(ONNXError) -> WireNode {
    let inputs = node.inputs.prefix(op.ownInputCount).map { $0.map { graph[$0].name } ?? "" }
    var outputs = node.outputs.map { $0.map { graph[$0].name } ?? "" }
    // Every result of a subgraph is an output, whether or not it is read.
    outputs += [String](repeating: "", count: max(op.resultCount - outputs.count, 0))
    outputs = outputs.map { $0.isEmpty ? names.fresh(node.name + "/unread") : $0 }
    var written = WireNode(name: node.name, type: form.name, inputs: inputs, outputs: outputs)
    while let last = written.inputs.last, last.isEmpty { written.inputs.removeLast() }
    for (name, value) in form.encode(op).attributes {
      guard case .graph(let subgraph) = value else {
        written.attributes.append(WireAttribute(name: name, content: .value(value)))
        continue
      }
      let wire = try self.subgraph(subgraph, name, op, node)
      written.attributes.append(WireAttribute(name: name, content: .graph(wire)))
    }
    return written
  }

  /// The nodes that the subgraph adds to the graph, as a graph of their own.
  private func subgraph(
    _ subgraph: Subgraph, _ attribute: String, _ op: any Branching, _ node: Node
  ) throws(ONNXError) -> WireGraph {
    let builder = GraphBuilder(extending: graph)
    let path = [node.name, attribute]
    let results = builder.within(path) { () -> [Tensor]? in
      let formals = op.formalTypes(node.inputs.map { $0.map { graph[$0].type } }).map { name, type in
        builder.input("\(builder.path)/\(name)", type.scalar, type.shape)
      }
      let captured = node.inputs.dropFirst(op.ownInputCount).map { $0.map { Tensor(builder, $0) } }
      return subgraph.build(builder, formals, captured: captured)
    }
    if let mistake = builder.diagnostics.first { throw ONNXError(.unsupported, at: node.name, mistake.message) }
    guard let results else {
      throw ONNXError(.unsupported, at: node.name, "\(op.name): \(attribute) cannot be built")
    }
    return try section(of: builder.graph, results.compactMap(\.id), path.joined(separator: "/"), node)
  }

  /// Writes what `longer` has more than this graph.
  private func section(
    of longer: Graph, _ results: [ValueID], _ path: String, _ node: Node
  ) throws(ONNXError) -> WireGraph {
    let first = graph.values.count
    var inner = longer
    inner.name = path
    inner.nodes = Array(longer.nodes.dropFirst(graph.nodes.count))
    inner.updates = []
    inner.outputs = results.enumerated().map { Graph.Output(name: "\(path)/result_\($0)", value: $1) }
    for index in inner.values.indices.dropFirst(first) {
      inner.values[index].name = names.fresh(inner.values[index].name)
    }
    let formals = longer.inputs.dropFirst(graph.inputs.count)
    // Values from around are inputs of a graph that stands alone.
    var seen: Set<ValueID> = []
    let read = inner.nodes.flatMap { $0.inputs.compactMap { $0 } } + results
    let captured = read.filter { $0.index < first && longer.constants[$0] == nil && seen.insert($0).inserted }
    let outer = Set(graph.values.map(\.name))
    inner.inputs = formals + captured
    do {
      inner = try inner.pruned()
      if inner.nodes.contains(where: { isSpeltOut($0.op) }) {
        inner = try inner.expanding { _, node in isSpeltOut(node.op) }
        for index in inner.values.indices where !outer.contains(inner.values[index].name) {
          names.reserve(inner.values[index].name)
        }
      }
    } catch let error as GraphError { throw ONNXError(error) } catch let error as BuildError {
      throw ONNXError(error)
    } catch { throw ONNXError(.unsupported, at: node.name, "\(error)") }

    var section = GraphSection(name: path)
    section.inputs = Array(inner.inputs.prefix(formals.count))
    section.nodes = inner.nodes
    for id in inner.constants.keys.sorted() where !outer.contains(inner[id].name) {
      guard let array = inner.constants[id], array.byteCount >= WeightLayout.smallest else {
        section.constants.append(id)
        continue
      }
      inner[id].name = names.lift(array, named: inner[id].name)
    }
    // A result is made by a node, and is one only once.
    let made = Set(inner.nodes.flatMap(\.outputs).compactMap { $0 })
    var own: Set<ValueID> = []
    for output in inner.outputs {
      let isOwn = made.contains(output.value) && own.insert(output.value).inserted
      let name = isOwn ? inner[output.value].name : names.fresh(output.name)
      section.outputs.append(Graph.Output(name: name, value: output.value))
    }
    return try GraphWriter(inner, within: self).graph(section)
  }
}
