import Graphs
import Tensors

/// Writes sections of one `Graph`, in order: the inference graph, then the algorithm, which sees all names of the
/// former.
final class GraphWriter {
  private let graph: Graph
  private let opset: Int
  private let functions: FunctionLibrary
  private var usedNames: Set<String>
  /// Constants that stand for attributes, by content.
  private var constantInputs: [NDArray: String] = [:]
  /// Inputs and constants that a section has declared.
  private(set) var written: Set<ValueID> = []

  init(_ graph: Graph, opset: Int, functions: FunctionLibrary) {
    self.graph = graph
    self.opset = opset
    self.functions = functions
    usedNames = Set(graph.values.map(\.name) + graph.outputs.map(\.name))
  }

  /// A value name that nothing bears yet.
  func freshName(_ wanted: String) -> String {
    var (candidate, counter) = (wanted, 1)
    while !usedNames.insert(candidate).inserted {
      counter += 1
      candidate = "\(wanted)_\(counter)"
    }
    return candidate
  }

  func graph(_ section: GraphSection) throws(ONNXError) -> WireGraph {
    var wire = WireGraph(name: section.name)
    for output in section.outputs { usedNames.insert(output.name) }
    wire.inputs = section.inputs.map { declaration(graph[$0].name, graph[$0].type) }
    for id in section.constantsByUse {
      if let array = graph.constants[id] { wire.initializers.append(WireTensor(name: graph[id].name, array: array)) }
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
    guard missing.isEmpty else {
      throw ONNXError(
        .unsupported,
        "operators have neither a form in opset \(opset) nor a definition: " + missing.joined(separator: "; "))
    }
    var outputNames: Set<String> = []
    for output in section.outputs {
      guard outputNames.insert(output.name).inserted else {
        throw ONNXError(.invalid, at: output.name, "is an output twice")
      }
      let name = graph[output.value].name
      if name != output.name {
        guard graph.value(named: output.name) == nil else {
          throw ONNXError(.invalid, at: output.name, "is an output's name, but also the name of another value")
        }
        wire.nodes.append(WireSyntax.identity(from: name, to: output.name))
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
    var names = node.inputs.map { $0.map { graph[$0].name } ?? "" }
    let outputs = node.outputs.map { $0.map { graph[$0].name } ?? "" }
    if let form = node.op.standardForm(in: opset) {
      return try WireNode(spelling: node.op, as: form, name: node.name, inputs: names, outputs: outputs) {
        name, value throws(ONNXError) in
        try constantInput(name, value, &wire, at: node.name)
      }
    }
    while let last = names.last, last.isEmpty { names.removeLast() }
    let site = FunctionSite(
      inputs: node.inputs.prefix(names.count).map { id in
        id.map { FunctionSite.Input(type: graph[$0].type, contents: graph[$0].contents) }
      }, outputCount: node.outputs.count)
    guard let function = try functions.name(for: node.op, at: site) else { return nil }
    return WireNode(
      name: node.name, domain: Catalogue.domain, type: function, inputs: names, outputs: outputs,
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
    let initializer = freshName(array.constantName(name))
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
