import Graphs

/// Drops outputs that nobody reads from the end of each node. Nodes that nobody reads go by themselves.
public struct DeadNodes: Pass {
  public init() {}

  public func run(on rewriter: Rewriter) throws(GraphError) {
    for index in try rewriter.order() { rewriter.trimOutputs(of: index) }
  }
}
