extension WireGraph {
  /// The nodes with makers before readers. The standard demands that order, but some converters put theirs at the end.
  /// Nodes that stand well stay where they are; those of a cycle too, for the importer to complain of.
  var orderedNodes: [WireNode] {
    var makers: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for name in node.outputs where !name.isEmpty { makers[name] = index }
    }
    let isOrdered = nodes.indices.allSatisfy { index in
      nodes[index].readNames.allSatisfy { (makers[$0] ?? -1) < index }
    }
    if isOrdered { return nodes }
    var order: [Int] = []
    var isSeen = [Bool](repeating: false, count: nodes.count)
    for start in nodes.indices where !isSeen[start] {
      var stack = [(node: start, next: 0)]
      isSeen[start] = true
      while let (index, next) = stack.last {
        let inputs = nodes[index].readNames
        guard next < inputs.count else {
          order.append(index)
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        if let maker = makers[inputs[next]], !isSeen[maker] {
          isSeen[maker] = true
          stack.append((maker, 0))
        }
      }
    }
    return order.map { nodes[$0] }
  }
}
