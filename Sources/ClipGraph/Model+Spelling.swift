import Graphs
import Operators
import Passes

extension Model {
  /// The first version of the standard with an Attention.
  private static let attentionOpset = 23

  /// The model in the operators in which a file of `opset` spells it. A training algorithm stays as it is: what it reads of
  /// the inference graph must be there.
  func spelt(opset: Int) throws(ClipGraphError) -> Model {
    guard training == nil else { return self }
    var result = self
    result.graph.spellSplits(opset: opset)
    if opset >= Model.attentionOpset {
      result.graph = try explaining { try Pipeline.standardAttention.run(result.graph) }
    }
    return result
  }

  /// The model with its graph as the inference passes leave it: fused, and symbolic as it was. There is no training
  /// algorithm any more, since that reads values which the passes fuse away. The initializer `logit_scale` stays even where
  /// nothing reads it.
  public func optimized() throws(ClipGraphError) -> Model {
    var result = self
    result.training = nil
    result.graph = try explaining { try Pipeline.inference.run(graph) }
    // Their numbers have been computed with.
    result.graph.defaults = []
    // Its exponential has become a number without a name.
    if let scale = LogitScale.stored(in: graph), scale.isLogarithm, let number = graph.constants[scale.id],
      result.graph.value(named: scale.name) == nil
    {
      let id = result.graph.addValue(Value(name: scale.name, type: number.type))
      result.graph.constants[id] = number
    }
    return result
  }
}

extension Graph {
  /// Gives every Split what its version of the standard asks for: sizes where they are numbers, else from opset 18 on how many
  /// parts there are. So in branches and bodies.
  fileprivate mutating func spellSplits(opset: Int, from first: Int = 0) {
    for index in nodes.indices.dropFirst(first) {
      let node = nodes[index]
      if let op = node.op as? any Branching {
        nodes[index].op = op.replacingSubgraphs { subgraph in
          subgraph.wrapped { builder, inputs, captured in
            let first = builder.graph.nodes.count
            let results = subgraph.build(builder, inputs, captured: captured)
            var graph = builder.graph
            graph.spellSplits(opset: opset, from: first)
            builder.adopt(graph)
            return results
          }
        }
        continue
      }
      guard var op = node.op as? Split, op.sizes == nil, let input = node.inputs.first, let input,
        let axis = try? self[input].type.shape.axis(op.axis)
      else { continue }
      let parts = node.outputs.map { $0.flatMap { self[$0].type.shape[axis].constant } }
      let sizes = parts.compactMap { $0 }
      if sizes.count == parts.count, sizes.reduce(0, +) == self[input].type.shape[axis].constant {
        (op.sizes, op.partCount) = (sizes, nil)
      } else if opset >= 18 {
        op.partCount = op.partCount ?? node.outputs.count
      }
      nodes[index].op = op
    }
  }
}
