import Graphs
import Tensors

/// Makes a `Model` of a decoded file: checks versions, imports the graph, then the training information.
struct ModelReader {
  static let irVersions = 3...14
  static let opsets = 7...28

  private let wire: WireModel
  private let context: ImportContext
  private let imports: [String: Int]

  init(_ wire: WireModel, _ catalogue: Catalogue, _ options: ReadOptions) throws(ONNXError) {
    self.wire = wire
    guard let ir = wire.irVersion else {
      throw ONNXError(.malformed, "is not an ONNX model, or is damaged: it has no ir_version")
    }
    guard ModelReader.irVersions.contains(ir) else {
      throw ONNXError(.unsupported, "has IR version \(ir); supported are 3 to 14")
    }
    imports = try ModelReader.table(wire.imports, at: "opset_import")
    context = try ImportContext(catalogue, functions: wire.functions, nodeBudget: options.nodeBudget)
  }

  /// Versions by domain, with the standard one checked.
  static func table(
    _ imports: [(domain: String, version: Int)], at place: String
  ) throws(ONNXError) -> [String: Int] {
    var table: [String: Int] = [:]
    for (domain, version) in imports {
      if let other = table[domain], other != version {
        throw ONNXError(.invalid, at: place, "imports the domain \"\(domain)\" as version \(other) and as \(version)")
      }
      table[domain] = version
    }
    if let opset = table[""], !opsets.contains(opset) {
      throw ONNXError(.unsupported, at: place, "opset \(opset) is not supported; supported are 7 to 28")
    }
    return table
  }

  func read() throws(ONNXError) -> Model {
    guard let wireGraph = wire.graph else {
      throw ONNXError(.malformed, "is not an ONNX model, or is damaged: it has no graph")
    }
    guard wire.training.count <= 1 else {
      throw ONNXError(.unsupported, "has \(wire.training.count) training_info entries; one is supported")
    }
    let training = wire.training.first
    try context.refuseUnsupported(
      [wireGraph, training?.algorithm, training?.initialization].compactMap { $0 }, imports: imports)

    let states = Set(training?.updateBinding.map(\.key) ?? [])
    let importer = GraphImporter(context, name: wireGraph.name, states: states)
    importer.reserve(wireGraph)
    if let algorithm = training?.algorithm { importer.reserve(algorithm) }
    try importer.importGraph(wireGraph, imports: imports)
    let outputs = try importer.outputs(of: wireGraph)
    var graph = importer.finishedGraph()
    graph.outputs = outputs
    try check(graph, wireGraph, importer)

    var model = Model(graph: graph, metadata: wire.metadata.map { ($0.key, $0.value) })
    model.documentation = wire.documentation
    if let training {
      let reader = TrainingReader(context, imports, inference: graph, wireGraph)
      model.training = try reader.read(training, onto: importer)
    }
    return model
  }

  private func check(_ graph: Graph, _ wireGraph: WireGraph, _ importer: GraphImporter) throws(ONNXError) {
    try importer.checkDeclarations(wireGraph.values + wireGraph.outputs)
    do { try graph.verify() } catch { throw ONNXError(error) }
  }
}
