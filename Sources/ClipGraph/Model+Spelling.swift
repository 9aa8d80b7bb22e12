import Graphs
import Passes

extension Model {
  /// The first version of the standard with an Attention.
  private static let attentionOpset = 23

  /// The model in the operators in which a file of `opset` spells it. A training algorithm stays as it is: what it reads of
  /// the inference graph must be there.
  func spelt(opset: Int) throws(ClipGraphError) -> Model {
    guard opset >= Model.attentionOpset, training == nil else { return self }
    var result = self
    result.graph = try explaining { try Pipeline.standardAttention.run(graph) }
    return result
  }

  /// The model with its graph as the inference passes leave it: fused, and symbolic as it was. There is no training
  /// algorithm any more, since that reads values which the passes fuse away. The initializer `logit_scale` stays even where
  /// nothing reads it.
  public func optimized() throws(ClipGraphError) -> Model {
    var result = self
    result.training = nil
    result.graph = try explaining { try Pipeline.inference.run(graph) }
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
