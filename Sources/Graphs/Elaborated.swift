import Tensors

/// An operator that others take the place of while a file is read, where more is known than types: the numbers of constants,
/// which nodes make its inputs, and which bytes hold integers of four bits. What another operator makes holds such integers
/// where its first input, of the same element type, does.
public protocol Elaborated: Operator {
  /// What stands for the operator on these inputs of the builder's graph; nil where it stays as it is. A mistake that the
  /// builder records is the file's. `outputs` is how many leading ones are asked for.
  func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]?
}

extension Tensor {
  /// The operator that makes this value and its inputs; nil for inputs of the graph and constants.
  public var maker: (op: any Operator, inputs: [Tensor?])? {
    guard let id, let node = builder.graph.nodes.last(where: { $0.outputs.contains(id) }) else { return nil }
    return (node.op, node.inputs.map { $0.map { Tensor(builder, $0) } })
  }

  /// The numbers of a value that depends on nothing but constants and known extents.
  public var evaluated: NDArray? { id.flatMap { builder.graph.evaluated($0) } }
}
