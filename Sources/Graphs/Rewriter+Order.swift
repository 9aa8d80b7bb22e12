import Tensors

extension Rewriter {
  /// The living nodes, each after what it reads, otherwise in their present order.
  public func order() throws(GraphError) -> [Int] {
    let wanted = alive.indices.filter { alive[$0] }.sorted { (positions[$0], $0) < (positions[$1], $1) }
    var order: [Int] = []
    var state = [UInt8](repeating: 0, count: alive.count)  // 0 unseen, 1 open, 2 done
    for start in wanted where state[start] == 0 {
      var stack = [(node: start, next: 0)]
      state[start] = 1
      while let (index, next) = stack.last {
        let inputs = builder.graph.nodes[index].inputs
        guard next < inputs.count else {
          state[index] = 2
          order.append(index)
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        guard let input = inputs[next], let maker = producer(of: input), state[maker] != 2 else { continue }
        if state[maker] == 1 {
          throw GraphError(.cycle, at: builder.graph.nodes[maker].name, "takes part in a cycle")
        }
        state[maker] = 1
        stack.append((maker, 0))
      }
    }
    return order
  }

  /// The graph as it is now: what the roots need, in order, verified in debug builds.
  public func finish() throws(GraphError) -> Graph {
    var graph = builder.graph
    graph.nodes = try order().map { builder.graph.nodes[$0] }
    graph = graph.compacted()
    if isRefined { try graph.inferAll() }
    try graph.verifyInDebugBuilds()
    return graph
  }
}
