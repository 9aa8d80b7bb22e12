import Graphs
import Tensors

/// What all graphs of one file share while they are imported: the catalogue, the functions, the node budget.
final class ImportContext {
  struct FunctionKey: Hashable {
    var domain: String
    var name: String
    var overload: String
  }

  /// Functions inside of functions.
  static let maximumDepth = 32

  let catalogue: Catalogue
  let functions: [FunctionKey: WireFunction]
  private let nodeBudget: Int
  /// Nodes that may still be imported, the nodes of functions, branches and bodies counted wherever they are used.
  var remainingNodes: Int
  /// Which calls are known to be, or not to be, operators of the catalogue.
  var recognised: [FunctionCall: Bool] = [:]

  init(_ catalogue: Catalogue, functions list: [WireFunction], nodeBudget: Int) throws(ONNXError) {
    self.catalogue = catalogue
    (self.nodeBudget, remainingNodes) = (nodeBudget, nodeBudget)
    var functions: [FunctionKey: WireFunction] = [:]
    for function in list {
      let key = FunctionKey(domain: function.domain, name: function.name, overload: function.overload)
      guard !function.name.isEmpty else { throw ONNXError(.invalid, "a function has no name") }
      guard functions.updateValue(function, forKey: key) == nil else {
        throw ONNXError(.invalid, at: function.name, "the function is defined twice")
      }
    }
    self.functions = functions
  }

  func function(of node: WireNode) -> (FunctionKey, WireFunction)? {
    if functions.isEmpty { return nil }
    let key = FunctionKey(domain: node.domain, name: node.type, overload: node.overload)
    return functions[key].map { (key, $0) }
  }

  /// Counts a node that is about to be imported.
  func spend(at place: String) throws(ONNXError) {
    remainingNodes -= 1
    if remainingNodes < 0 {
      throw ONNXError(
        .unsupported, at: place,
        "the model has more than \(nodeBudget) nodes once its functions are inlined and its loops unrolled")
    }
  }

  /// Throws one error that lists every operator that the catalogue lacks, with its version and where it stands first.
  /// Branches and bodies are looked into only where something else is lacking: one that is never taken may hold anything.
  func refuseUnsupported(_ graphs: [WireGraph], imports: [String: Int]) throws(ONNXError) {
    if try !missing(graphs, imports, withSubgraphs: false).isEmpty {
      let list = try missing(graphs, imports, withSubgraphs: true)
      throw ONNXError(.unsupported, "operators are not supported: " + list.joined(separator: "; "))
    }
  }

  private func missing(
    _ graphs: [WireGraph], _ imports: [String: Int], withSubgraphs: Bool
  ) throws(ONNXError) -> [String] {
    var missing: [String: (place: String, count: Int)] = [:]
    var order: [String] = []
    var seen: Set<FunctionKey> = []
    var pending: [(nodes: [WireNode], imports: [String: Int], place: String)] =
      graphs.reversed().map { ($0.nodes, imports, "") }
    while let (nodes, imports, place) = pending.popLast() {
      for (index, node) in nodes.enumerated() {
        if let (key, function) = function(of: node) {
          guard seen.insert(key).inserted else { continue }
          let table = try ModelReader.table(function.imports, at: function.name)
          pending.append((function.nodes, table, "function \(function.name), "))
          continue
        }
        let name = node.name.isEmpty ? "node \(index)" : node.name
        for attribute in node.attributes where withSubgraphs {
          guard case .graph(let inner) = attribute.content else { continue }
          pending.append((inner.nodes, imports, "\(place)\(name)/\(attribute.name)/"))
        }
        guard let version = imports[node.domain] else {
          let domain = node.domain.isEmpty ? "ai.onnx" : node.domain
          throw ONNXError(
            .invalid, at: place + name, "\(node.type) is of the domain \(domain), which the model does not import")
        }
        if WireSyntax(node) != nil { continue }
        if catalogue.form(domain: node.domain, name: node.type, opset: version) != nil { continue }
        let words =
          node.domain.isEmpty ? "\(node.type) (opset \(version))" : "\(node.domain)::\(node.type) (\(version))"
        if missing[words] == nil { order.append(words) }
        missing[words, default: (place + name, 0)].count += 1
      }
    }
    return order.map { words in
      guard let (place, count) = missing[words] else { return words }
      return count == 1 ? "\(words) at \(place)" : "\(words) at \(place) and \(count - 1) more"
    }
  }
}
