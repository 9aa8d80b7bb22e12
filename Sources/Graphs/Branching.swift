import Tensors

/// An operator with subgraphs for attributes. Its own inputs come first, then the outer values that the subgraphs read, which a
/// file does not list.
public protocol Branching: Operator {
  var ownInputCount: Int { get }
  /// What every subgraph gives that becomes an output of the operator.
  var resultCount: Int { get }

  /// The types of the formal inputs of a subgraph where the operator has inputs of these types.
  func formalTypes(_ inputs: [TensorType?]) -> [(name: String, type: TensorType)]

  /// The same operator on other subgraphs.
  func replacingSubgraphs(_ replacement: (Subgraph) -> Subgraph) -> Self
}
