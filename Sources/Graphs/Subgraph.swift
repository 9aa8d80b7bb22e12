import Tensors

/// A graph inside of an attribute: the branch of a condition, or the body of a loop. Its nodes are made anew wherever it is
/// used, so that their types may differ from use to use.
public final class Subgraph: Hashable, Sendable {
  /// Makes the nodes in the builder's graph, given the formal inputs and the outer values that are read besides. Mistakes are
  /// recorded by the builder.
  public typealias Body = @Sendable (_ builder: GraphBuilder, _ inputs: [Tensor], _ captured: [Tensor?]) -> [Tensor]

  /// How often subgraphs may be built into one graph.
  static let limit = 4096
  /// How deep subgraphs may lie in each other.
  static let maximumDepth = 8
  @TaskLocal private static var depth = 0

  public let name: String
  public let inputCount: Int
  public let outputCount: Int
  private let body: Body

  public init(_ name: String, inputs: Int, outputs: Int, _ body: @escaping Body) {
    (self.name, inputCount, outputCount, self.body) = (name, inputs, outputs, body)
  }

  /// The results; nil, and a mistake recorded, where they cannot be made.
  public func build(_ builder: GraphBuilder, _ inputs: [Tensor], captured: [Tensor?]) -> [Tensor]? {
    let mistakes = builder.diagnostics.count
    guard builder.subgraphCount < Subgraph.limit else {
      builder.record(
        .unsupported, at: builder.path, "conditions and loops are taken more than \(Subgraph.limit) times in all")
      return nil
    }
    guard Subgraph.depth < Subgraph.maximumDepth else {
      builder.record(
        .unsupported, at: builder.path, "conditions and loops lie in each other deeper than \(Subgraph.maximumDepth)")
      return nil
    }
    builder.subgraphCount += 1
    guard inputs.count == inputCount else {
      builder.record(.arity, at: builder.path, "\(name) has \(inputCount) inputs, not \(inputs.count)")
      return nil
    }
    let results = Subgraph.$depth.withValue(Subgraph.depth + 1) { body(builder, inputs, captured) }
    return builder.diagnostics.count == mistakes ? results : nil
  }

  /// A subgraph with the same inputs and outputs that `around` builds, mostly by building this one. nil for results that cannot
  /// be made, as from `build`.
  public func wrapped(
    _ around: @escaping @Sendable (_ builder: GraphBuilder, _ inputs: [Tensor], _ captured: [Tensor?]) -> [Tensor]?
  ) -> Subgraph {
    let count = outputCount
    return Subgraph(name, inputs: inputCount, outputs: count) { builder, inputs, captured in
      around(builder, inputs, captured) ?? [Tensor](repeating: Tensor(builder, nil), count: count)
    }
  }

  /// Every subgraph is itself alone.
  public static func == (a: Subgraph, b: Subgraph) -> Bool { a === b }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
