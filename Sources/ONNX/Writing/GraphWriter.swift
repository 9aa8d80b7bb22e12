import Graphs
import Tensors

/// Writes sections of one `Graph`, in order: the inference graph, then the algorithm, which sees all names of the
/// former.
final class GraphWriter {
  let graph: Graph
  let names: GraphNames
  /// Whether a node is written as its definition instead.
  let isSpeltOut: (any Operator) -> Bool
  private let opset: Int
  private let functions: FunctionLibrary
  /// Whether other graphs are around this one.
  private let isInner: Bool
  /// Constants that stand for attributes, by content.
  private var constantInputs: [NDArray: String] = [:]
  /// Inputs and constants that a section has declared.
  private(set) var written: Set<ValueID> = []

  init(
    _ graph: Graph, opset: Int, functions: FunctionLibrary, isSpeltOut: @escaping (any Operator) -> Bool
  ) {
    (self.graph, self.opset, self.functions, self.isSpeltOut) = (graph, opset, functions, isSpeltOut)
    names = GraphNames(Set(graph.values.map(\.name) + graph.outputs.map(\.name)))
    isInner = false
  }

  /// Writes a branch or a body of a node that `outer` writes.
  init(_ graph: Graph, within outer: GraphWriter) {
    (self.graph, opset, functions, isSpeltOut) = (graph, outer.opset, outer.functions, outer.isSpeltOut)
    (names, isInner) = (outer.names, true)
  }

  func graph(_ section: GraphSection) throws(ONNXError) -> WireGraph {
    var wire = WireGraph(name: section.name)
    for output in section.outputs { names.reserve(output.name) }
    wire.inputs = section.inputs.map { declaration(graph[$0].name, graph[$0].type) }
    for id in section.constantsByUse {
      guard let array = graph.constants[id] else { continue }
      wire.initializers.append(WireTensor(name: graph[id].name, array: array))
      if graph.defaults.contains(graph[id].name) { wire.inputs.append(declaration(graph[id].name, array.type)) }
    }
    written.formUnion(section.inputs)
    written.formUnion(section.constants)
    var missing: [String] = []
    for node in section.nodes {
      guard let written = try self.node(node, &wire) else {
        missing.append("\(node.op.name) at \(node.name)")
        continue
      }
      wire.nodes.append(written)
    }
    if !isInner { wire.initializers += names.liftedWeights() }
    guard missing.isEmpty else {
      throw ONNXError(
        .unsupported,
        "operators have neither a form in opset \(opset) nor a definition: " + missing.joined(separator: "; "))
    }
    var outputNames: Set<String> = []
    var nodeNames = Set(wire.nodes.map(\.name))
    for output in section.outputs {
      guard outputNames.insert(output.name).inserted else {
        throw ONNXError(.invalid, at: output.name, "is an output twice")
      }
      let name = graph[output.value].name
      if name != output.name {
        guard graph.value(named: output.name) == nil else {
          throw ONNXError(.invalid, at: output.name, "is an output's name, but also the name of another value")
        }
        var identity = WireSyntax.identity(from: name, to: output.name)
        while !nodeNames.insert(identity.name).inserted { identity.name += "/Identity" }
        wire.nodes.append(identity)
      }
      wire.outputs.append(declaration(output.name, graph[output.value].type))
    }
    for node in section.nodes {
      for case let id? in node.outputs where !outputNames.contains(graph[id].name) {
        wire.values.append(declaration(graph[id].name, graph[id].type))
      }
    }
    return wire
  }

  /// The node in its standard form, or as a call of its function; nil where there is neither.
  private func node(_ node: Node, _ wire: inout WireGraph) throws(ONNXError) -> WireNode? {
    if let op = node.op as? any Branching, let form = node.op.standardForm(in: opset) {
      return try branching(op, node, as: form)
    }
    var inputs = node.inputs.map { $0.map { graph[$0].name } ?? "" }
    let outputs = node.outputs.map { $0.map { graph[$0].name } ?? "" }
    if let form = node.op.standardForm(in: opset) {
      return try WireNode(spelling: node.op, as: form, name: node.name, inputs: inputs, outputs: outputs) {
        name, value throws(ONNXError) in
        try constantInput(name, value, &wire, at: node.name)
      }
    }
    while let last = inputs.last, last.isEmpty { inputs.removeLast() }
    let site = FunctionSite(
      inputs: node.inputs.prefix(inputs.count).map { id in
        id.map { FunctionSite.Input(type: graph[$0].type, contents: graph[$0].contents) }
      }, outputCount: node.outputs.count)
    guard let function = try functions.name(for: node.op, at: site) else { return nil }
    return WireNode(
      name: node.name, domain: Catalogue.domain, type: function, inputs: inputs, outputs: outputs,
      attributes: node.op.primaryForm.functionAttributes(of: node.op).map {
        WireAttribute(name: $0.name, content: .value($0.value))
      })
  }

  /// The initializer that spells a constant input; equal ones are one.
  private func constantInput(
    _ name: String, _ value: AttributeValue, _ wire: inout WireGraph, at place: String
  ) throws(ONNXError) -> String {
    let array: NDArray
    do { array = try value.array() } catch { throw ONNXError(.invalid, at: place, "input \(name): \(error.message)") }
    if let known = constantInputs[array] { return known }
    let initializer = names.fresh(array.constantName(name))
    constantInputs[array] = initializer
    wire.initializers.append(WireTensor(name: initializer, array: array))
    return initializer
  }

  private func declaration(_ name: String, _ type: TensorType) -> WireValue {
    let extents = type.shape.dimensions.map { dimension -> WireValue.Extent in
      if let size = dimension.constant { return .size(size) }
      return dimension.symbolName.map { .symbol($0) } ?? .unknown
    }
    return WireValue(name: name, kind: .tensor(element: type.scalar.rawValue, extents: extents))
  }
}

extension NDArray {
  /// A name that tells a short integer constant's content: `axes_-1`, `shape_2_3`.
  func constantName(_ role: String) -> String {
    guard let integers, integers.count <= 8, !integers.isEmpty else { return role }
    return role + "_" + integers.map(String.init).joined(separator: "_")
  }
}
