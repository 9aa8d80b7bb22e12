import Graphs
import Operators
import Tensors

/// What the backward part of a training step keeps of the forward part; it computes the rest again (gradient checkpointing,
/// Chen et al. 2016). Results do not depend on it, to the last bit.
public enum Recomputation: String, Sendable, CaseIterable {
  /// Everything is kept.
  case none
  /// Results of products, convolutions and attention are kept, but for those that take few operations for their size;
  /// these, activations, normalisations and sums come again.
  case cheap
  /// The bottlenecks are kept, through which all of a tower passes: what goes from block to block. Beside them, in a
  /// fifth of the states' bytes at most, so are the results of products, convolutions and attention that take most
  /// operations for their size.
  case blocks

  /// Rewrites a training step. Its forward part is what its outputs need; the rest serves the updates.
  ///
  /// - Parameters:
  ///   - graph: fused, and with numbers for all symbols: what is worth keeping depends on sizes.
  ///   - budget: bytes that `blocks` may keep beside the bottlenecks; nil for a fifth of those of the states.
  /// - Returns: the step with copies of forward nodes before the backward nodes that read them.
  public func applied(to graph: Graph, budget: Int? = nil) throws(GraphError) -> Graph {
    guard self != .none, !graph.updates.isEmpty else { return graph }
    let graph = try graph.pruned()
    let forward = ForwardPart(of: graph)
    let kept =
      switch self {
      case .none: Set<ValueID>()
      case .cheap: forward.keptWhereCheap()
      case .blocks:
        forward.keeping(forward.keptBetweenBlocks(), andProductsWithin: budget ?? Self.defaultBudget(for: graph))
      }
    var writer = RecomputationWriter(graph, forward, kept: kept)
    return try writer.written().pruned()
  }

  /// A fifth of what a step holds whatever is computed again: the states that the graph updates. They are parameters and
  /// moments; of a micro-batch, the sums of gradients.
  static func defaultBudget(for graph: Graph) -> Int {
    graph.states.reduce(0) { $0 + (graph.constants[$1]?.byteCount ?? 0) } / 5
  }
}

/// Writes a step anew: backward nodes read copies of what is not kept, made just before they are needed.
private struct RecomputationWriter {
  private let graph: Graph
  private let forward: ForwardPart
  private let kept: Set<ValueID>
  private var result: Graph
  private var copies: [ValueID: ValueID] = [:]

  init(_ graph: Graph, _ forward: ForwardPart, kept: Set<ValueID>) {
    (self.graph, self.forward, self.kept, result) = (graph, forward, kept, graph)
    result.nodes = []
  }

  mutating func written() -> Graph {
    for (index, node) in graph.nodes.enumerated() {
      if forward.contains(node: index) {
        result.nodes.append(node)
      } else {
        var node = node
        node.inputs = node.inputs.map { input in input.map { copy(of: $0) } }
        result.nodes.append(node)
      }
    }
    return result
  }

  /// What backward reads instead of a forward value. The depth of calls is that of the graph between two kept values.
  private mutating func copy(of value: ValueID) -> ValueID {
    if let known = copies[value] { return known }
    guard let index = forward.producer(of: value), !kept.contains(value) else { return value }
    let node = graph.nodes[index]
    if let (op, source) = forward.activation(of: value), kept.contains(source) {
      let again = result.addValue(named("recomputed/\(graph[value].name)", like: value))
      result.nodes.append(Node(name: "recomputed/\(node.name)", op: op, inputs: [source], outputs: [again]))
      copies[value] = again
      return again
    }
    let inputs = node.inputs.map { input in input.map { copy(of: $0) } }
    let outputs = node.outputs.map { output in
      output.map { result.addValue(named("recomputed/\(graph[$0].name)", like: $0)) }
    }
    result.nodes.append(Node(name: "recomputed/\(node.name)", op: node.op, inputs: inputs, outputs: outputs))
    for case (let output?, let again?) in zip(node.outputs, outputs) {
      copies[output] = kept.contains(output) ? output : again
    }
    return copies[value] ?? value
  }

  private func named(_ name: String, like value: ValueID) -> Value {
    Value(name: name, type: graph[value].type, contents: graph[value].contents)
  }
}
