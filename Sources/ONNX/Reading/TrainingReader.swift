import Graphs
import Tensors

/// Joins the algorithm of a TrainingInfoProto with the inference graph, and checks what onnx.checker does not look at:
/// keys, values, types and names of both bindings.
struct TrainingReader {
  private let context: ImportContext
  private let imports: [String: Int]
  private let inference: Graph
  private let wireGraph: WireGraph

  init(_ context: ImportContext, _ imports: [String: Int], inference: Graph, _ wireGraph: WireGraph) {
    self.context = context
    self.imports = imports
    self.inference = inference
    self.wireGraph = wireGraph
  }

  /// - Parameter importer: has imported the inference graph.
  func read(_ training: WireTraining, onto importer: GraphImporter) throws(ONNXError) -> TrainingInfo {
    guard let algorithm = training.algorithm, !algorithm.nodes.isEmpty else {
      throw ONNXError(.training, at: "training_info", "has no algorithm, or an empty one")
    }
    guard !training.updateBinding.isEmpty else {
      throw ONNXError(.training, at: "training_info", "updates nothing: update_binding is empty")
    }
    try refuseClashes(algorithm)
    try checkKeys(training.updateBinding, algorithm, "update_binding")
    if !algorithm.name.isEmpty { importer.graph.name = algorithm.name }
    try importer.importGraph(algorithm, imports: imports)
    let outputs = try importer.outputs(of: algorithm)
    var step = importer.finishedGraph()

    let updated = Set(training.updateBinding.map(\.value))
    step.outputs = outputs.filter { !updated.contains($0.name) }
    let results = Dictionary((outputs + inference.outputs).map { ($0.name, $0.value) }) { first, _ in first }
    let names = Dictionary(step.constants.keys.map { (step[$0].name, $0) }) { first, _ in first }
    for entry in training.updateBinding {
      guard let value = results[entry.value] else {
        throw ONNXError(
          .training, at: entry.key,
          "takes its update from \(entry.value), which is no output of the algorithm or the graph")
      }
      guard let state = names[entry.key] else {
        throw ONNXError(.training, at: entry.key, "is updated, but is only an attribute of an operator")
      }
      guard step[state].type == step[value].type else {
        throw ONNXError(
          .training, at: entry.key, "is \(step[state].type), but its update \(entry.value) is \(step[value].type)")
      }
      step.updates.append(Graph.Update(state: state, value: value))
    }
    try importer.checkDeclarations(algorithm.values + algorithm.outputs)
    do { try step.verify() } catch { throw ONNXError(error) }
    return try initialized(TrainingInfo(step: step), training, algorithm)
  }

  /// Names of the algorithm that the inference graph uses too.
  private func refuseClashes(_ algorithm: WireGraph) throws(ONNXError) {
    var taken = Set(wireGraph.inputs.map(\.name)).union(wireGraph.initializers.map(\.name))
    for node in wireGraph.nodes { taken.formUnion(node.outputs) }
    taken.remove("")
    let own =
      algorithm.initializers.map(\.name) + algorithm.inputs.map(\.name) + algorithm.nodes.flatMap(\.outputs)
    for name in own where taken.contains(name) {
      throw ONNXError(.training, at: name, "names one value of the graph and another of the algorithm")
    }
  }

  private func checkKeys(_ binding: [WireEntry], _ algorithm: WireGraph, _ what: String) throws(ONNXError) {
    let initializers = Set((wireGraph.initializers + algorithm.initializers).map(\.name))
    var seen: Set<String> = []
    for entry in binding {
      guard initializers.contains(entry.key) else {
        throw ONNXError(
          .training, at: entry.key, "is a key of \(what), but no initializer of the graph or the algorithm")
      }
      guard seen.insert(entry.key).inserted else {
        throw ONNXError(.training, at: entry.key, "is a key of \(what) twice")
      }
    }
  }

  private func initialized(
    _ info: TrainingInfo, _ training: WireTraining, _ algorithm: WireGraph
  ) throws(ONNXError) -> TrainingInfo {
    var info = info
    try checkKeys(training.initializationBinding, algorithm, "initialization_binding")
    guard let wire = training.initialization, !wire.nodes.isEmpty || !wire.outputs.isEmpty else {
      if let entry = training.initializationBinding.first {
        throw ONNXError(
          .training, at: entry.key, "takes its first value from \(entry.value), but there is no initialization")
      }
      return info
    }
    guard wire.inputs.allSatisfy({ input in wire.initializers.contains { $0.name == input.name } }) else {
      throw ONNXError(.training, at: wire.name, "the initialization has inputs; it must have none")
    }
    let importer = GraphImporter(context, name: wire.name)
    importer.reserve(wire)
    try importer.importGraph(wire, imports: imports)
    let outputs = try importer.outputs(of: wire)
    var graph = importer.finishedGraph()
    graph.outputs = outputs
    try importer.checkDeclarations(wire.values + wire.outputs)
    do { try graph.verify() } catch { throw ONNXError(error) }

    let states = Dictionary(info.step.constants.map { (info.step[$0.key].name, $0.value.type) }) { first, _ in first }
    for entry in training.initializationBinding {
      guard let output = outputs.first(where: { $0.name == entry.value }) else {
        throw ONNXError(
          .training, at: entry.key,
          "takes its first value from \(entry.value), which is no output of the initialization")
      }
      if let type = states[entry.key], type != graph[output.value].type {
        throw ONNXError(
          .training, at: entry.key, "is \(type), but its first value \(entry.value) is \(graph[output.value].type)")
      }
      info.bindings.append((entry.key, entry.value))
    }
    info.initialization = graph
    return info
  }
}
