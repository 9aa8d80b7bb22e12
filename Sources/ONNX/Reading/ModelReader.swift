import Graphs
import Tensors

/// Makes a `Model` of a decoded file: checks versions, imports the graph, then the training information.
struct ModelReader {
  static let irVersions = 3...14
  /// Operators of the first six versions are known where they meant the same as in the seventh, which is the first that
  /// is written.
  static let readOpsets = 1...28
  static let opsets = 7...28

  private let wire: WireModel
  private let context: ImportContext
  private let imports: [String: Int]
  private let given: [String: NDArray]

  init(_ wire: WireModel, _ catalogue: Catalogue, _ options: ReadOptions) throws(ONNXError) {
    self.wire = wire
    given = options.given
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
    if let opset = table[""], !readOpsets.contains(opset) {
      throw ONNXError(.unsupported, at: place, "opset \(opset) is not supported; supported are 1 to 28")
    }
    return table
  }

  func read() throws(ONNXError) -> Model {
    // Exporters name the first extent of every input alike, but people run other numbers of images than of texts.
    if wire.training.isEmpty, wire.producerName != WriteOptions().producerName, let graph = wire.graph {
      let images = graph.imagesWithSharedBatch
      if !images.isEmpty, let model = try? read(ownBatches: images) { return model }
    }
    return try read(ownBatches: [])
  }

  private func read(ownBatches: Set<String>) throws(ONNXError) -> Model {
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
    let importer = GraphImporter(
      context, name: wireGraph.name, states: states, ownBatches: ownBatches,
      takesDefaults: (wire.irVersion ?? 0) >= 4, given: given)
    importer.reserve(wireGraph)
    if let algorithm = training?.algorithm { importer.reserve(algorithm) }
    try importer.importGraph(wireGraph, imports: imports)
    let outputs = try importer.outputs(of: wireGraph)
    var graph = importer.finishedGraph()
    graph.outputs = outputs
    try check(graph, wireGraph, importer)

    var model = Model(graph: graph, metadata: wire.metadata.map { ($0.key, $0.value) })
    model.documentation = wire.documentation
    model.producer = (wire.producerName, wire.producerVersion)
    model.imports = wire.imports.filter { !["", Catalogue.domain].contains($0.domain) }
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

extension WireGraph {
  /// Inputs of images, floating point of four axes, whose first extent bears the name of that of another kind of input.
  fileprivate var imagesWithSharedBatch: Set<String> {
    var (images, others): ([(input: String, batch: String)], Set<String>) = ([], [])
    let constants = Set(initializers.map(\.name))
    for input in inputs where !constants.contains(input.name) {
      guard case .tensor(let element, let extents?) = input.kind, case .symbol(let batch)? = extents.first else {
        continue
      }
      if extents.count == 4, ScalarType(rawValue: element)?.isFloat ?? false {
        images.append((input.name, batch))
      } else {
        others.insert(batch)
      }
    }
    return Set(images.filter { others.contains($0.batch) }.map(\.input))
  }
}
