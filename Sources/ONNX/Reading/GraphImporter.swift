import Graphs
import Tensors

/// Turns decoded graphs into one `Graph`, node by node, with types inferred on the way. The main graph comes first; the
/// algorithm of the training information goes on in the same names.
final class GraphImporter {
  let context: ImportContext
  var graph: Graph
  /// The names of the graph level.
  var frame = Frame(imports: [:])
  private let states: Set<String>
  /// Whether initializers that are also inputs may be given by a caller.
  private let takesDefaults: Bool
  /// How many subgraphs have been built.
  var subgraphCount = 0
  private var usedValueNames: Set<String> = []
  private var usedNodeNames: Set<String> = []
  private var counters: [String: Int] = [:]
  private var initializers: [Binding] = []
  private var symbols: Set<String> = []
  /// Numbers of inputs that the caller gives while the file is read.
  private let given: [String: NDArray]
  /// Inputs whose first symbol is a batch of their own, whatever its name.
  private let ownBatches: Set<String>

  /// - Parameters:
  ///   - states: initializers that training updates.
  ///   - ownBatches: inputs whose first extent shares no symbol with other inputs.
  ///   - takesDefaults: whether initializers that are also inputs are defaults of those.
  ///   - given: numbers of inputs, as if they were initializers too.
  init(
    _ context: ImportContext, name: String, states: Set<String> = [], ownBatches: Set<String> = [],
    takesDefaults: Bool = false, given: [String: NDArray] = [:]
  ) {
    (self.takesDefaults, self.given) = (takesDefaults, given)
    self.context = context
    self.states = states
    self.ownBatches = ownBatches
    graph = Graph(name: name.isEmpty ? "graph" : name)
  }

  /// Goes on with the graph of a builder, for the nodes of a branch or a body. The builder has none until `giveBack`.
  init(_ context: ImportContext, extending builder: GraphBuilder) {
    let lent = builder.lend()
    (self.context, graph, states, ownBatches, takesDefaults) = (context, lent.graph, [], [], false)
    given = [:]
    (usedValueNames, usedNodeNames) = (lent.valueNames, lent.nodeNames)
    subgraphCount = builder.subgraphCount
  }

  /// The builder goes on with the graph as it is now.
  func giveBack(to builder: GraphBuilder) {
    builder.adopt(GraphBuilder.Lent(graph: graph, valueNames: usedValueNames, nodeNames: usedNodeNames))
    builder.subgraphCount = subgraphCount
    builder.remainingNodes = context.remainingNodes
  }

  /// Keeps the names of a graph for its own values, so that names made up for inner ones avoid them.
  func reserve(_ wire: WireGraph) {
    for tensor in wire.initializers { usedValueNames.insert(tensor.name) }
    for input in wire.inputs {
      usedValueNames.insert(input.name)
      if case .tensor(_, let extents?) = input.kind {
        for case .symbol(let name) in extents { symbols.insert(name) }
      }
    }
    for node in wire.nodes { usedValueNames.formUnion(node.outputs) }
  }

  /// Adds the initializers, inputs and nodes of `wire`.
  func importGraph(_ wire: WireGraph, imports: [String: Int]) throws(ONNXError) {
    frame.imports = imports
    var own: [String: NDArray] = [:]
    let held = Set(wire.initializers.map(\.name))
    let filled = wire.inputs.compactMap { input -> WireTensor? in
      guard !held.contains(input.name), var array = given[input.name] else { return nil }
      array.fourBit = input.fourBit?.holder == array.scalar ? input.fourBit : nil
      return WireTensor(name: input.name, array: array)
    }
    for tensor in wire.initializers + filled {
      let binding = Binding(constant: tensor.array, name: tensor.name, isState: states.contains(tensor.name))
      try frame.bind(tensor.name, binding, at: "initializer \(tensor.name)")
      initializers.append(binding)
      own[tensor.name] = tensor.array
    }
    for input in wire.inputs {
      guard let array = own[input.name] else {
        try addInput(input)
        continue
      }
      if let complaint = input.contradiction(to: array.type, array.fourBit) {
        throw ONNXError(.invalid, at: input.name, "is declared \(complaint.declared), but holds \(complaint.actual)")
      }
      if takesDefaults, !states.contains(input.name) { graph.defaults.insert(input.name) }
    }
    try importNodes(wire.orderedNodes, &frame)
  }

  /// The graph so far. Initializers that nothing reads stay constants of it.
  /// Defaults whose numbers became part of operators stay as they are.
  func finishedGraph() -> Graph {
    for binding in initializers where binding.isConsumed { graph.defaults.remove(binding.name) }
    for binding in initializers where binding.id == nil && !binding.isConsumed { _ = value(binding) }
    return graph
  }

  /// The outputs that `wire` declares, among the values imported so far.
  func outputs(of wire: WireGraph) throws(ONNXError) -> [Graph.Output] {
    var outputs: [Graph.Output] = []
    var seen: Set<String> = []
    for output in wire.outputs {
      guard let binding = frame.scope[output.name] else {
        throw ONNXError(.invalid, at: output.name, "is an output of \(graph.name), but nothing makes it")
      }
      guard seen.insert(output.name).inserted else {
        throw ONNXError(.invalid, at: output.name, "is an output of \(graph.name) twice")
      }
      guard binding.isTensor else {
        throw ONNXError(
          .unsupported, at: output.name,
          "is an output that \(binding.refusal ?? "is a sequence, not a tensor, which is not supported")")
      }
      outputs.append(Graph.Output(name: output.name, value: value(binding)))
    }
    return outputs
  }

  /// Compares declared types with inferred ones, where both are sure.
  func checkDeclarations(_ declared: [WireValue]) throws(ONNXError) {
    for declaration in declared {
      guard let id = frame.scope[declaration.name]?.id else { continue }
      if let complaint = declaration.contradiction(to: graph[id].type, graph[id].fourBit) {
        throw ONNXError(
          .invalid, at: declaration.name,
          "is declared \(complaint.declared), but its operator makes \(complaint.actual)")
      }
    }
  }

  /// The value of a binding; a constant becomes one at first use.
  func value(_ binding: Binding) -> ValueID {
    if let id = binding.id { return id }
    guard let array = binding.array else { preconditionFailure("a binding is a value or a constant") }
    let contents = binding.isState ? nil : GraphBuilder.contents(of: array) ?? GraphImporter.wholeNumber(array)
    let id = graph.addValue(Value(name: binding.name, type: array.type, contents: contents, fourBit: array.fourBit))
    graph.constants[id] = array
    binding.id = id
    return id
  }

  /// The element of a float32 scalar that is a whole number: exporters write bounds of ranges so, and cast them.
  private static func wholeNumber(_ array: NDArray) -> [Dimension]? {
    guard array.scalar == .float32, array.sizes.isEmpty, let number = array.values(as: Float.self).first,
      abs(number) < 0x1p24, number == number.rounded()
    else { return nil }
    return [Dimension(Int(number))]
  }

  private func addInput(_ input: WireValue) throws(ONNXError) {
    guard !input.name.isEmpty else { throw ONNXError(.invalid, at: graph.name, "an input has no name") }
    guard case .tensor(let element, let extents) = input.kind else {
      throw ONNXError(.unsupported, at: input.name, "is an input that is no tensor, which is not supported")
    }
    guard let scalar = input.fourBit?.holder ?? ScalarType(rawValue: element) else {
      throw ONNXError(
        .unsupported, at: input.name, "has the element type \(elementTypeName(element)), which is not supported")
    }
    guard let extents else {
      throw ONNXError(.unsupported, at: input.name, "is an input of unknown rank, which is not supported")
    }
    var dimensions: [Dimension] = []
    for (axis, extent) in extents.enumerated() {
      switch extent {
      case .size(let size):
        guard size >= 0, size < Int(1) << 48 else {
          throw ONNXError(.invalid, at: input.name, "has the extent \(size) on axis \(axis)")
        }
        dimensions.append(Dimension(size))
      case .symbol(let name):
        let isOwn = axis == 0 && ownBatches.contains(input.name)
        dimensions.append(.symbol(isOwn ? freshSymbol("\(input.name)_\(name)") : name))
      case .unknown: dimensions.append(.symbol(freshSymbol("\(input.name)_\(axis)")))
      }
    }
    let type = TensorType(scalar, Shape(dimensions))
    let id = graph.addValue(Value(name: input.name, type: type, fourBit: input.fourBit))
    graph.inputs.append(id)
    try frame.bind(input.name, Binding(value: id, name: input.name), at: "input \(input.name)")
  }

  private func freshSymbol(_ name: String) -> String {
    var candidate = name
    while !symbols.insert(candidate).inserted { candidate += "_" }
    return candidate
  }

  // MARK: Names

  /// The name in the graph of the value that a frame calls `name`.
  func valueName(_ name: String, in frame: Frame) -> String {
    if frame.stack.isEmpty && !frame.isInner { return name }
    return frame.outputNames[name] ?? unique(frame.prefix + name, &usedValueNames)
  }

  func freshNodeName(_ name: String) -> String { unique(name, &usedNodeNames) }

  func freshValueName(_ name: String) -> String { unique(name, &usedValueNames) }

  func nodeName(of node: WireNode, in frame: Frame) -> String {
    let own = node.name.isEmpty ? (node.outputs.first { !$0.isEmpty } ?? node.type) : node.name
    return unique(frame.prefix + own, &usedNodeNames)
  }

  /// Gives values and nodes that were made by a builder names that the file has not used, and will not use.
  func makeUnique(valuesFrom firstValue: Int, nodesFrom firstNode: Int) {
    for index in graph.values.indices.dropFirst(firstValue) {
      graph.values[index].name = unique(graph.values[index].name, &usedValueNames)
    }
    for index in graph.nodes.indices.dropFirst(firstNode) {
      graph.nodes[index].name = unique(graph.nodes[index].name, &usedNodeNames)
    }
  }

  private func unique(_ name: String, _ used: inout Set<String>) -> String {
    if used.insert(name).inserted { return name }
    var counter = counters[name] ?? 1
    var candidate: String
    repeat {
      counter += 1
      candidate = "\(name)_\(counter)"
    } while !used.insert(candidate).inserted
    counters[name] = counter
    return candidate
  }
}
