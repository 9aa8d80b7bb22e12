import Tensors

/// Makes a graph node by node, or extends one. Mistakes become diagnostics, thrown all at once by `finish`.
///
/// A builder belongs to one thread.
public final class GraphBuilder {
  public internal(set) var graph: Graph
  public private(set) var diagnostics: [GraphError] = []
  private var scope: [String] = []
  /// Names that are taken; nil until one is asked for.
  private var valueNames: Set<String>?
  private var nodeNames: Set<String>?
  /// How many subgraphs have been built into this graph.
  public var subgraphCount = 0
  /// Nodes that the subgraphs to come may ask for in all.
  public var remainingNodes = 250_000
  private var nameCounters: [String: Int] = [:]
  private var constantCache: [NDArray: ValueID] = [:]

  public init(name: String = "graph") {
    graph = Graph(name: name)
  }

  /// Goes on with an existing graph.
  public init(extending graph: Graph) {
    self.graph = graph
  }

  public var usedValueNames: Set<String> {
    collectNames()
    return valueNames ?? []
  }

  public var usedNodeNames: Set<String> {
    collectNames()
    return nodeNames ?? []
  }

  private func collectNames() {
    if valueNames == nil { valueNames = Set(graph.values.map(\.name)) }
    if nodeNames == nil { nodeNames = Set(graph.nodes.map(\.name)) }
  }

  /// Takes over a graph that goes on from this one's.
  public func adopt(_ longer: Graph) {
    for value in longer.values.dropFirst(graph.values.count) { valueNames?.insert(value.name) }
    for node in longer.nodes.dropFirst(graph.nodes.count) { nodeNames?.insert(node.name) }
    graph = longer
  }

  /// A graph and the names that are taken in it.
  public struct Lent {
    public var graph: Graph
    public var valueNames: Set<String>
    public var nodeNames: Set<String>

    public init(graph: Graph, valueNames: Set<String>, nodeNames: Set<String>) {
      (self.graph, self.valueNames, self.nodeNames) = (graph, valueNames, nodeNames)
    }
  }

  /// Hands the graph to whoever goes on with it, until `adopt`. Held twice, it would be copied wherever it grows.
  public func lend() -> Lent {
    let lent = Lent(graph: graph, valueNames: usedValueNames, nodeNames: usedNodeNames)
    (graph, valueNames, nodeNames) = (Graph(name: graph.name), nil, nil)
    return lent
  }

  /// Takes over what was lent, and what has become of it.
  public func adopt(_ lent: Lent) {
    (graph, valueNames, nodeNames) = (lent.graph, lent.valueNames, lent.nodeNames)
  }

  // MARK: Scopes

  /// Runs `body` with `name` as a further component of the module path of its nodes.
  public func scoped<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    scope.append(name)
    defer { scope.removeLast() }
    return try body()
  }

  /// Runs `body` below this module path, whatever the present one is.
  public func within<R>(_ path: [String], _ body: () throws -> R) rethrows -> R {
    let outer = scope
    scope = path
    defer { scope = outer }
    return try body()
  }

  public var path: String { scope.joined(separator: "/") }

  // MARK: Values

  public func input(_ name: String, _ scalar: ScalarType, _ shape: Shape) -> Tensor {
    let id = graph.addValue(Value(name: uniqueValue(name), type: TensorType(scalar, shape)))
    graph.inputs.append(id)
    return Tensor(self, id)
  }

  /// A named constant: a parameter or a state.
  public func parameter(_ name: String, _ array: NDArray) -> Tensor {
    let id = graph.addValue(
      Value(name: uniqueValue(name), type: array.type, contents: GraphBuilder.contents(of: array)))
    graph.constants[id] = array
    return Tensor(self, id)
  }

  /// A named constant that `update` will replace: its numbers are never taken for known.
  public func state(_ name: String, _ array: NDArray) -> Tensor {
    let tensor = parameter(name, array)
    if let id = tensor.id { graph[id].contents = nil }
    return tensor
  }

  /// A constant without a name of its own: it gets one with a slash. Equal ones are one value.
  public func constant(_ array: NDArray) -> Tensor {
    if let id = constantCache[array] { return Tensor(self, id) }
    let tensor = parameter((path.isEmpty ? graph.name : path) + "/Constant", array)
    constantCache[array] = tensor.id
    return tensor
  }

  public func constant(_ value: Float) -> Tensor { constant(NDArray(value)) }

  /// A constant int64 vector.
  public func constant(_ values: [Int]) -> Tensor { constant(NDArray(values.map { Int64($0) }, [values.count])) }

  public func output(_ name: String, _ tensor: Tensor) {
    if let id = tensor.id { graph.outputs.append(Graph.Output(name: name, value: id)) }
  }

  /// Forgets the outputs so far, as when an algorithm continues an inference graph.
  public func clearOutputs() { graph.outputs = [] }

  public func update(_ state: Tensor, with value: Tensor) {
    guard let state = state.id, let value = value.id else { return }
    if graph[state].type != graph[value].type {
      record(.type, at: graph[state].name, "is \(graph[state].type), but its update is \(graph[value].type)")
    }
    if graph[state].contents != nil {
      record(.type, at: graph[state].name, "is updated, but was declared a constant: use `state`")
    }
    graph.updates.append(Graph.Update(state: state, value: value))
  }

  /// Integer constants of at most 64 elements say what they hold.
  public static func contents(of array: NDArray) -> [Dimension]? {
    guard array.count <= 64, array.sizes.count <= 1, !array.scalar.isFloat else { return nil }
    return array.integers?.map { Dimension($0) }
  }

  // MARK: Nodes

  /// Applies an operator: one output.
  public func apply(_ op: some Operator, _ inputs: [Tensor?], name: String? = nil) -> Tensor {
    apply(op, inputs, outputs: 1, name: name)[0]
  }

  /// Applies an operator. `outputs` is how many leading outputs there are.
  public func apply(_ op: any Operator, _ inputs: [Tensor?], outputs: Int, name: String? = nil) -> [Tensor] {
    let poisoned = [Tensor](repeating: Tensor(self, nil), count: outputs)
    if inputs.contains(where: { $0?.isPoisoned ?? false }) { return poisoned }
    precondition(inputs.allSatisfy { $0 == nil || $0?.builder === self }, "tensors of two builders in one node")
    var ids = inputs.map { $0?.id }
    while let last = ids.last, last == nil { ids.removeLast() }
    let place = path.isEmpty ? op.name : path + "/" + op.name
    do {
      let made = try graph.infer(op, ids, outputCount: outputs)
      let nodeName = uniqueNode(name ?? place)
      var results: [ValueID] = []
      for (index, fact) in made.prefix(outputs).enumerated() {
        let valueName = uniqueValue(index == 0 ? nodeName : "\(nodeName):\(index)")
        results.append(graph.addValue(Value(name: valueName, type: fact.type, contents: fact.contents)))
      }
      graph.nodes.append(Node(name: nodeName, op: op, inputs: ids, outputs: results))
      return results.map { Tensor(self, $0) }
    } catch {
      record(error.kind, at: place, error.message)
      return poisoned
    }
  }

  public func record(_ kind: GraphError.Kind, at place: String, _ message: String) {
    diagnostics.append(GraphError(kind, at: place, message))
  }

  /// The finished graph, verified.
  public func finish() throws(BuildError) -> Graph {
    if !diagnostics.isEmpty { throw BuildError(diagnostics) }
    do { try graph.verify() } catch { throw BuildError([error]) }
    return graph
  }

  // MARK: Names

  func rename(_ id: ValueID, _ name: String) {
    guard graph[id].name != name else { return }
    collectNames()
    valueNames?.remove(graph[id].name)
    graph[id].name = uniqueValue(name)
  }

  private func uniqueValue(_ name: String) -> String {
    collectNames()
    return unique(name, &valueNames)
  }

  private func uniqueNode(_ name: String) -> String {
    collectNames()
    return unique(name, &nodeNames)
  }

  private func unique(_ name: String, _ used: inout Set<String>?) -> String {
    func isNew(_ name: String) -> Bool { used?.insert(name).inserted ?? true }
    if isNew(name) { return name }
    var counter = nameCounters[name] ?? 0
    while true {
      counter += 1
      let candidate = "\(name)_\(counter)"
      if isNew(candidate) {
        nameCounters[name] = counter
        return candidate
      }
    }
  }
}

extension Graph {
  /// Builds a graph and verifies it.
  ///
  ///     let graph = try Graph.build("f") { b in
  ///       let x = b.input("x", .float32, [.symbol("batch"), 4])
  ///       b.output("y", x + x)
  ///     }
  public static func build(_ name: String, _ body: (GraphBuilder) -> Void) throws(BuildError) -> Graph {
    let builder = GraphBuilder(name: name)
    body(builder)
    return try builder.finish()
  }
}
