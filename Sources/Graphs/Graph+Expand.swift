import Tensors

extension Graph {
  /// Replaces every node that `shouldExpand` names by its operator's definition, again and again until none is left.
  /// Node order, value names of results and everything else stay. An operator without definition stays too.
  public func expanding(where shouldExpand: (Int, Node) -> Bool) throws(BuildError) -> Graph {
    let builder = GraphBuilder(extending: self)
    var graph = self
    graph.nodes = []
    var pending: [(index: Int, node: Node)] = Array(nodes.enumerated().map { ($0.offset, $0.element) }.reversed())
    while let (index, node) = pending.popLast() {
      guard shouldExpand(index, node) else {
        graph.nodes.append(node)
        continue
      }
      let before = builder.graph.nodes.count
      let inputs = node.inputs.map { $0.map { Tensor(builder, $0) } }
      let results = builder.scoped(node.name) { node.op.definition(inputs) }
      if !builder.diagnostics.isEmpty { throw BuildError(builder.diagnostics) }
      guard let results else {
        graph.nodes.append(node)
        continue
      }
      var made = Array(builder.graph.nodes[before...])
      var renaming: [ValueID: ValueID] = [:]
      for (output, result) in zip(node.outputs, results) {
        guard let output, let result = result.id else { continue }
        renaming[result] = output
      }
      // The definition's results take the identity of the node's outputs.
      for position in made.indices {
        made[position].inputs = made[position].inputs.map { $0.map { renaming[$0] ?? $0 } }
        made[position].outputs = made[position].outputs.map { $0.map { renaming[$0] ?? $0 } }
      }
      pending.append(contentsOf: made.reversed().map { (index, $0) })
    }
    let nodes = graph.nodes
    graph = builder.graph
    graph.nodes = nodes
    // Constants that nothing read before stay.
    let read = Set(self.nodes.flatMap(\.inputs))
    graph = graph.compacted(keeping: Set(constants.keys.filter { !read.contains($0) }))
    do { try graph.verify() } catch { throw BuildError([error]) }
    return graph
  }
}
