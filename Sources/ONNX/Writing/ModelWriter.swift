import Graphs
import Tensors

/// Makes the wire form of a model: standard operators in the inference graph, functions in the algorithm.
struct ModelWriter {
  private let model: Model
  private let options: WriteOptions

  init(_ model: Model, _ options: WriteOptions) throws(ONNXError) {
    guard ModelReader.opsets.contains(options.opset) else {
      throw ONNXError(.unsupported, "opset \(options.opset) cannot be written; known are 7 to 28")
    }
    var model = model
    if model.training == nil { model.graph = model.graph.makingWayForOutputs() }
    self.model = model
    self.options = options
  }

  func wire() throws(ONNXError) -> WireModel {
    var wire = WireModel()
    wire.irVersion = options.irVersion
    let isOwn = model.producer.name.isEmpty
    wire.producerName = isOwn ? options.producerName : model.producer.name
    wire.producerVersion = isOwn ? options.producerVersion : model.producer.version
    wire.documentation = model.documentation
    wire.metadata = model.metadata.map { WireEntry(key: $0.key, value: $0.value) }

    let joined = try joinedGraph()
    let functions = FunctionLibrary(opset: options.opset)
    let writer = GraphWriter(
      joined.graph, opset: options.opset, functions: functions, isSpeltOut: isSpeltOut)
    wire.graph = try inference(joined.graph, nodes: joined.graph.nodes.prefix(joined.inferenceCount), writer)
    if let training = model.training {
      wire.training = [try self.training(training, joined.graph, after: joined.inferenceCount, writer, functions)]
    }
    wire.functions = functions.wire
    wire.imports = [("", options.opset)] + (functions.wire.isEmpty ? [] : [(Catalogue.domain, 1)]) + model.imports
    return wire
  }

  // MARK: The graph that is written

  /// The inference graph, followed by the algorithm if there is one, with composite operators of the inference part
  /// expanded.
  private func joinedGraph() throws(ONNXError) -> (graph: Graph, inferenceCount: Int) {
    let prefix = model.graph.nodes.count
    var graph = model.graph
    if let step = model.training?.step {
      let names = step.nodes.prefix(prefix).map(\.name)
      guard names == model.graph.nodes.map(\.name) else {
        throw ONNXError(
          .training, at: step.name, "the training step does not begin with the nodes of the inference graph")
      }
      graph = step
      // A state's present numbers say nothing about the next run.
      for update in step.updates { graph[update.state].contents = nil }
    }
    let rest = graph.nodes.count - prefix
    if graph.nodes.prefix(prefix).contains(where: { isSpeltOut($0.op) }) {
      do { graph = try graph.expanding { index, node in index < prefix && isSpeltOut(node.op) } } catch {
        throw ONNXError(error)
      }
    }
    do { try graph.inferAll() } catch { throw ONNXError(error) }
    return (graph, graph.nodes.count - rest)
  }

  /// What the standard has, but in other words by now, is spelt out in any case.
  private func isSpeltOut(_ op: any Operator) -> Bool {
    let opset = options.opset
    return !op.isStandard(in: opset) && (options.expandsInference || op.isNamedByStandard(in: opset))
  }

  private func inference(_ graph: Graph, nodes: ArraySlice<Node>, _ writer: GraphWriter) throws(ONNXError) -> WireGraph
  {
    let ids = Dictionary(graph.values.indices.map { (graph.values[$0].name, ValueID($0)) }) { first, _ in first }
    func id(_ value: ValueID) throws(ONNXError) -> ValueID {
      let name = model.graph[value].name
      guard let id = ids[name] else {
        throw ONNXError(.training, at: name, "is a value of the inference graph, but not of the training step")
      }
      return id
    }
    var section = GraphSection(name: model.graph.name)
    var constants: Set<ValueID> = []
    for constant in model.graph.constants.keys {
      if let id = ids[model.graph[constant].name], graph.constants[id] != nil { constants.insert(id) }
    }
    for node in nodes {
      for case let input? in node.inputs where graph.constants[input] != nil { constants.insert(input) }
    }
    for output in model.graph.outputs {
      let value = try id(output.value)
      section.outputs.append(Graph.Output(name: output.name, value: value))
      if graph.constants[value] != nil { constants.insert(value) }
    }
    for input in model.graph.inputs { section.inputs.append(try id(input)) }
    section.constants = constants.sorted()
    section.nodes = Array(nodes)
    return try writer.graph(section)
  }

  // MARK: Training

  private func training(
    _ training: TrainingInfo, _ graph: Graph, after count: Int, _ writer: GraphWriter, _ functions: FunctionLibrary
  ) throws(ONNXError) -> WireTraining {
    var wire = WireTraining()
    var section = GraphSection(name: training.step.name)
    section.nodes = Array(graph.nodes.dropFirst(count))
    section.inputs = graph.inputs.filter { !writer.written.contains($0) }
    section.constants = graph.constants.keys.filter { !writer.written.contains($0) }.sorted()
    let inferenceOutputs = Set(model.graph.outputs.map(\.name))
    section.outputs = graph.outputs.filter { !inferenceOutputs.contains($0.name) }

    // An update takes its value from an output of its own: outputs that bear its name would be read back as updates.
    let made = Set(section.nodes.flatMap(\.outputs).compactMap { $0 })
    var taken = Set(section.outputs.map(\.name))
    var names: [ValueID: String] = [:]
    for update in graph.updates {
      let value = graph[update.value].name
      let name: String
      if let known = names[update.value] {
        name = known
      } else if made.contains(update.value) && !taken.contains(value) {
        name = value
        section.outputs.append(Graph.Output(name: name, value: update.value))
      } else {
        name = writer.names.fresh(graph[update.state].name + ".next")
        section.outputs.append(Graph.Output(name: name, value: update.value))
      }
      taken.insert(name)
      names[update.value] = name
      wire.updateBinding.append(WireEntry(key: graph[update.state].name, value: name))
    }
    wire.algorithm = try writer.graph(section)
    wire.initializationBinding = training.bindings.map { WireEntry(key: $0.state, value: $0.output) }
    if let initialization = training.initialization {
      wire.initialization = try self.initialization(initialization, functions)
    }
    return wire
  }

  private func initialization(_ graph: Graph, _ functions: FunctionLibrary) throws(ONNXError) -> WireGraph {
    let opset = options.opset
    var expanded: Graph
    func isSpeltOut(_ op: any Operator) -> Bool { !op.isStandard(in: opset) }
    do { expanded = try graph.expanding { _, node in isSpeltOut(node.op) } } catch { throw ONNXError(error) }
    expanded = expanded.withoutSyntax(opset: opset).compacted()
    var section = GraphSection(name: graph.name)
    section.nodes = expanded.nodes
    section.inputs = expanded.inputs
    section.constants = expanded.constants.keys.sorted()
    section.outputs = expanded.outputs
    return try GraphWriter(expanded, opset: opset, functions: functions, isSpeltOut: isSpeltOut).graph(section)
  }
}
