import Graphs
import Operators
import Tensors

extension ForwardPart {
  /// Values that backward keeps when it computes cheap ones again.
  func keptWhereCheap() -> Set<ValueID> {
    var kept: Set<ValueID> = []
    /// By value: the kept values that its copy is made of.
    var sources: [ValueID: Set<ValueID>] = [:]
    let roots = Set(graph.roots)
    let limit = intensity / 2
    for (index, node) in graph.nodes.enumerated() where contains(node: index) {
      for case let output? in node.outputs {
        let origin: Set<ValueID>
        if let (_, source) = activation(of: output) {
          origin = [source]
          kept.insert(source)
        } else if Self.isMovement(node.op), let input = node.inputs.first, let input {
          if sources[input] == nil { kept.insert(output) }
          sources[output] = sources[input]
          continue
        } else if isExpensive(node, beyond: limit) || isSmall(output) || roots.contains(output)
          || isJunction(output, node)
        {
          kept.insert(output)
          continue
        } else {
          origin = node.inputs.reduce(into: []) { found, input in
            guard let input, producer(of: input) != nil else { return }
            found.formUnion(sources[input] ?? [input])
          }
        }
        // Nothing is won when more has to be kept for it.
        let more = origin.subtracting(needed).reduce(0) { $0 + byteCount($1) }
        if more >= byteCount(output) { kept.insert(output) } else { sources[output] = origin }
      }
    }
    return kept
  }

  /// A sum that goes on in several directions, as what a block adds to: a copy would need all sums before it.
  private func isJunction(_ value: ValueID, _ node: Node) -> Bool {
    guard readers[value, default: []].count > 1 else { return false }
    return node.inputs.filter { $0.map { producer(of: $0) != nil } ?? false }.count > 1 || feedsOnSum(node)
  }

  /// Whether what the node works on is a sum, as where an activation follows what a block adds to.
  private func feedsOnSum(_ node: Node) -> Bool {
    guard let input = node.inputs.first, let input, let index = producer(of: input) else { return false }
    return graph.nodes[index].op is Add
  }

  private static func isMovement(_ op: any Operator) -> Bool {
    op is Reshape || op is Squeeze || op is Unsqueeze || op is Flatten || op is Identity
  }

  /// Whether a node's results are worth their memory: whether a byte of them takes more than `limit` operations.
  private func isExpensive(_ node: Node, beyond limit: Double) -> Bool {
    if node.op is Gather || node.op is GatherND || !Self.isRepeatable(node.op) { return true }
    guard Self.isHeavy(node.op) else { return false }
    return operations(of: node).map { $0 > limit * Double(bytes(of: node)) } ?? true
  }

  /// Operations by bytes of results, of all that takes many. Half of it is the limit: where as much memory is won as
  /// elsewhere for less than half of the time.
  private var intensity: Double {
    var (operations, bytes) = (0.0, 0.0)
    for (index, node) in graph.nodes.enumerated() where contains(node: index) && Self.isHeavy(node.op) {
      guard let count = self.operations(of: node) else { continue }
      operations += count
      bytes += Double(self.bytes(of: node))
    }
    return operations / max(bytes, 1)
  }

  private func bytes(of node: Node) -> Int { node.outputs.reduce(0) { $0 + ($1.map(byteCount) ?? 0) } }

  /// Operations of a product of matrices that take about as long as the node; nil where it has no kernel.
  func operations(of node: Node) -> Double? {
    func slots(_ values: [ValueID?]) -> [CallSite.Slot?]? {
      var slots: [CallSite.Slot?] = []
      for value in values {
        guard let value else {
          slots.append(nil)
          continue
        }
        guard let sizes = graph[value].type.shape.sizes else { return nil }
        slots.append(CallSite.Slot(scalar: graph[value].type.scalar, sizes: sizes, contents: numbers(value)))
      }
      return slots
    }
    guard let inputs = slots(node.inputs), let outputs = slots(node.outputs),
      let kernel = try? node.op.bind(CallSite(inputs: inputs, outputs: outputs, threads: 1))
    else { return nil }
    return Double(kernel.flops) * (Self.isAttention(node.op) ? 2 : 1)
  }

  private func numbers(_ value: ValueID) -> [Int]? {
    guard let contents = graph[value].contents else { return nil }
    let numbers = contents.compactMap(\.constant)
    return numbers.count == contents.count ? numbers : nil
  }

  /// Whether it takes many operations: a product, a convolution, attention or a softmax.
  static func isHeavy(_ op: any Operator) -> Bool {
    switch op {
    case is MatMul, is FusedMatMul, is Linear, is Gemm, is Einsum: true
    case is Conv, is FusedConv, is ConvTranspose, is Softmax: true
    default: isAttention(op)
    }
  }

  private static func isAttention(_ op: any Operator) -> Bool {
    op is SelfAttention || op is CrossAttention || op is ScaledDotProductAttention
  }
}
