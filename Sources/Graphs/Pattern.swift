import Tensors

/// A little graph to look for, with holes that stand for any value.
///
///     Pattern { p in p.any("x") * (p.any("x") * 1.702).sigmoid() }
///
/// Holes are the inputs of the pattern's graph. Its constants match equal numbers; the marked ones match any number.
public struct Pattern: Sendable {
  /// What a hole takes.
  enum Hole: Sendable {
    case any
    /// A value whose type fits, symbols standing for any extent.
    case typed
    /// A constant of one number.
    case scalar
  }

  let graph: Graph
  let root: ValueID?
  let producers: [ValueID: Int]
  let holes: [ValueID: (name: String, kind: Hole)]
  /// Numbers that stand for any number, and the names under which it is found.
  let markers: [Float: String]
  /// Values that depend on nothing but shapes and constants: other users of theirs do not matter.
  let free: Set<ValueID>
  /// What went wrong while the pattern was built.
  public let problems: [GraphError]

  /// - Parameters:
  ///   - canonical: brings the pattern's graph into the form in which graphs are when the pattern is looked for.
  ///   - make: builds the pattern and gives its root.
  public init(canonical: (Graph) throws(GraphError) -> Graph = { $0 }, _ make: (PatternBuilder) -> Tensor) {
    let p = PatternBuilder()
    p.builder.output("root", make(p))
    var problems = p.builder.diagnostics
    var graph = p.builder.graph
    if problems.isEmpty {
      do throws(GraphError) { graph = try canonical(graph.pruned()) } catch { problems = [error] }
    }
    if graph.outputs.isEmpty { problems.append(GraphError(.unsupported, at: "pattern", "has no root")) }
    self.graph = graph
    self.problems = problems
    root = graph.outputs.first?.value
    producers = graph.producers
    markers = p.markers
    holes = graph.inputs.reduce(into: [:]) { holes, id in
      let name = graph[id].name
      holes[id] = (name, p.kinds[name] ?? .any)
    }
    free = Pattern.free(in: graph)
  }

  /// The operator at the root.
  public var rootOperator: (any Operator.Type)? {
    guard problems.isEmpty, let root, let index = producers[root] else { return nil }
    return type(of: graph.nodes[index].op)
  }

  private static func free(in graph: Graph) -> Set<ValueID> {
    var free = Set(graph.constants.keys)
    for node in graph.nodes {
      for case let output? in node.outputs {
        let isFree = node.inputs.allSatisfy { $0.map { free.contains($0) } ?? true }
        if isFree || graph[output].contents != nil { free.insert(output) }
      }
    }
    return free
  }
}

/// Gives the holes of a pattern.
public final class PatternBuilder {
  public let builder = GraphBuilder(name: "pattern")
  var kinds: [String: Pattern.Hole] = [:]
  var markers: [Float: String] = [:]
  private var made: [String: Tensor] = [:]

  /// Any value. The shape is for building the pattern only; values of other shapes match, too.
  public func any(_ name: String, _ shape: Shape = [.symbol("rows"), .symbol("columns")]) -> Tensor {
    hole(name, .any, .float32, shape)
  }

  /// A value of this type; symbols stand for any extent, the same one everywhere in the pattern.
  public func typed(_ name: String, _ shape: Shape, scalar: ScalarType = .float32) -> Tensor {
    hole(name, .typed, scalar, shape)
  }

  /// A constant of one number.
  public func scalar(_ name: String) -> Tensor { hole(name, .scalar, .float32, []) }

  /// A number for an attribute that becomes a constant of the pattern: that constant then matches any one number.
  public func marker(_ name: String) -> Float {
    let value = 0.0123456 + Float(markers.count) * 0.001
    markers[value] = name
    return value
  }

  private func hole(_ name: String, _ kind: Pattern.Hole, _ scalar: ScalarType, _ shape: Shape) -> Tensor {
    if let known = made[name] { return known }
    let tensor = builder.input(name, scalar, shape)
    made[name] = tensor
    kinds[name] = kind
    return tensor
  }
}
