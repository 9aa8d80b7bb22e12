import Graphs
import Operators
import Tensors

/// Computes once what is computed twice. Integers whose known elements agree are one value, however they were made, as long as
/// they are made from the same graph inputs: an output must not come to need an input that it did not.
public struct CommonSubexpressions: Pass {
  public init() {}

  private struct Expression: Hashable {
    var op: AnyHashable
    var inputs: [ValueID?]
    var outputCount: Int
  }

  private struct Elements: Hashable {
    var type: TensorType
    var contents: [Dimension]
    var sources: Set<ValueID>
  }

  public func run(on rewriter: Rewriter) throws(GraphError) {
    mergeConstants(rewriter)
    var expressions: [Expression: Int] = [:]
    var elements: [Elements: ValueID] = [:]
    let order = try rewriter.order()
    let sources = rewriter.builder.graph.inputDependence(order)
    for index in order where rewriter.isAlive(index) {
      let node = rewriter.builder.graph.nodes[index]
      if node.op is RandomNormal || node.op is RandomUniform { continue }
      if node.outputs.count == 1, let output = node.outputs[0], let contents = rewriter.builder.graph[output].contents {
        let key = Elements(
          type: rewriter.builder.graph[output].type, contents: contents, sources: sources[output] ?? [])
        // What is known may have lost its last reader to a rewrite since.
        if let known = elements[key], rewriter.producer(of: known) != nil {
          rewriter.rewrite(at: index, name) { $0.replaced(by: Tensor($0.builder, known)) }
          continue
        }
        elements[key] = output
      }
      var inputs = node.inputs
      if rewriter.traits.isCommutative(node.op), inputs.count == 2 {
        inputs.sort { ($0?.index ?? -1) < ($1?.index ?? -1) }
      }
      let key = Expression(op: hashable(node.op), inputs: inputs, outputCount: node.outputs.count)
      guard let first = expressions[key], rewriter.isAlive(first) else {
        expressions[key] = index
        continue
      }
      let outputs = rewriter.builder.graph.nodes[first].outputs
      rewriter.rewrite(at: index, name) { site in
        let pairs = zip(node.outputs, outputs).compactMap { old, new in
          old.flatMap { old in new.map { (old, Tensor(site.builder, $0)) } }
        }
        return Replacement(pairs)
      }
    }
  }

  private func hashable(_ op: some Operator) -> AnyHashable { AnyHashable(op) }

  /// Equal numbers of one element and equal vectors of integers. Weights keep their names.
  private func mergeConstants(_ rewriter: Rewriter) {
    let graph = rewriter.graph
    var known: [NDArray: ValueID] = [:]
    for id in graph.constants.keys.sorted() where !rewriter.states.contains(id) {
      guard let array = graph.constants[id], array.count == 1 || graph[id].contents != nil else { continue }
      if let first = known[array] { rewriter.merge(id, into: first) } else { known[array] = id }
    }
  }
}
