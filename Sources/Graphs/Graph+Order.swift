import Tensors

extension Graph {
  /// Keeps only what the roots need, in topological order (the present order where it is one already), and forgets values
  /// that nothing mentions. Inputs and states stay.
  ///
  /// - Throws: `GraphError` when the graph has a cycle.
  public func pruned() throws(GraphError) -> Graph {
    let producers = self.producers
    var order: [Int] = []
    var state = [UInt8](repeating: 0, count: nodes.count)  // 0 unseen, 1 open, 2 done
    for root in roots {
      guard let start = producers[root], state[start] == 0 else { continue }
      var stack = [(node: start, next: 0)]
      state[start] = 1
      while let (index, next) = stack.last {
        let inputs = nodes[index].inputs
        if next < inputs.count {
          stack[stack.count - 1].next += 1
          guard let input = inputs[next], let producer = producers[input] else { continue }
          if state[producer] == 1 {
            throw GraphError(.cycle, at: nodes[producer].name, "takes part in a cycle")
          }
          if state[producer] == 0 {
            state[producer] = 1
            stack.append((producer, 0))
          }
        } else {
          state[index] = 2
          order.append(index)
          stack.removeLast()
        }
      }
    }
    var result = self
    let reached = order.sorted()
    result.nodes = (isTopological(reached) ? reached : order).map { nodes[$0] }
    return result.compacted()
  }

  /// Whether every value is made before it is read when only `nodes[indices]` run in this order.
  private func isTopological(_ indices: [Int]) -> Bool {
    let producers = self.producers
    var made: Set<ValueID> = []
    for index in indices {
      for case let input? in nodes[index].inputs where producers[input] != nil && !made.contains(input) { return false }
      for case let output? in nodes[index].outputs { made.insert(output) }
    }
    return true
  }

  /// Renumbers values so that only mentioned ones and those in `kept` remain.
  public func compacted(keeping kept: Set<ValueID> = []) -> Graph {
    var mentioned = kept.union(inputs + roots + updates.map(\.state))
    for node in nodes {
      for case let id? in node.inputs + node.outputs { mentioned.insert(id) }
    }
    var renamed: [ValueID: ValueID] = [:]
    var result = Graph(name: name)
    for id in mentioned.sorted() { renamed[id] = result.addValue(self[id]) }
    func new(_ id: ValueID) -> ValueID { renamed[id] ?? id }
    result.nodes = nodes.map { node in
      Node(
        name: node.name, op: node.op, inputs: node.inputs.map { $0.map(new) }, outputs: node.outputs.map { $0.map(new) }
      )
    }
    result.inputs = inputs.map(new)
    result.outputs = outputs.map { Output(name: $0.name, value: new($0.value)) }
    result.updates = updates.map { Update(state: new($0.state), value: new($0.value)) }
    for (id, array) in constants where mentioned.contains(id) { result.constants[new(id)] = array }
    return result
  }

  /// Replaces values in all inputs, outputs and updates (not in what nodes produce).
  public mutating func replaceUses(_ replacement: [ValueID: ValueID]) {
    guard !replacement.isEmpty else { return }
    func final(_ id: ValueID) -> ValueID {
      var current = id
      while let next = replacement[current], next != current { current = next }
      return current
    }
    for index in nodes.indices { nodes[index].inputs = nodes[index].inputs.map { $0.map(final) } }
    outputs = outputs.map { Output(name: $0.name, value: final($0.value)) }
    updates = updates.map { Update(state: $0.state, value: final($0.value)) }
  }

  /// Keeps the named outputs only (and no update unless asked), and what they need.
  public func selecting(outputs names: [String], updates keepUpdates: Bool) throws(GraphError) -> Graph {
    var result = self
    result.outputs = []
    for name in names {
      guard let output = outputs.first(where: { $0.name == name }) else {
        throw GraphError(
          .unknownName, at: name, "is not an output; there are: \(outputs.map(\.name).joined(separator: ", "))")
      }
      result.outputs.append(output)
    }
    if !keepUpdates { result.updates = [] }
    return try result.pruned()
  }
}
