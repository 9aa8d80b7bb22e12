import Graphs
import Operators
import Tensors

extension Branching {
  /// The operator on float32 in the place of other floating-point types: its subgraphs compute in the types that they were
  /// written for, which are float32 by the time they are built into a graph that is compiled.
  ///
  /// - Parameter types: what the inputs were before.
  func inSinglePrecision(_ types: [TensorType?]) -> Self {
    let formal = formalTypes(types).map(\.type.scalar)
    let outer = types.dropFirst(ownInputCount).map { $0?.scalar }
    return replacingSubgraphs { subgraph in
      subgraph.wrapped { builder, inputs, captured in
        let results = subgraph.build(
          builder, zip(inputs, formal).map { $0.cast(to: $1) },
          captured: zip(captured, outer).map { tensor, scalar in
            tensor.map { tensor in scalar.map { tensor.cast(to: $0) } ?? tensor }
          })
        return results?.map { $0.scalar.isFloat ? $0.cast(to: .float32) : $0 }
      }
    }
  }
}

extension Graph {
  /// The graph with those branches and bodies in their places that are decided by now: what they compute in narrow types is
  /// seen no sooner.
  func expandingDecidedBranches() throws(GraphError) -> Graph {
    guard nodes.contains(where: { $0.op is any Branching }) else { return self }
    do { return try expanding { _, node in node.op is any Branching } } catch {
      throw error.diagnostics.first ?? GraphError(.shape, at: name, "\(error)")
    }
  }
}
