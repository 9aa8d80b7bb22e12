import Graphs
import Tensors

extension Pattern {
  /// A pattern in the form in which graphs are when it is looked for.
  static func canonical(_ make: (PatternBuilder) -> Tensor) -> Pattern {
    Pattern(canonical: { graph throws(GraphError) in try Pipeline.canonical.run(graph) }, make)
  }
}

extension PatternBuilder {
  /// Any value, of one axis in the pattern.
  func vector(_ name: String) -> Tensor { any(name, [.symbol("columns")]) }
}
