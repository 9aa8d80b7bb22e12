import Graphs
import Tensors

/// A training step cut at the embeddings, so that a batch of any size takes the memory of a small one (GradCache: Gao et al.
/// 2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup"). Its graph has four parts, each of which
/// is asked for by outputs and updates:
///
/// 1. *embed*, on every micro-batch: the inputs → embeddings;
/// 2. *loss*, on the whole batch: cached embeddings, and captions where it looks for identical ones → the step's outputs, the
///    embeddings' gradients, and the gradients of what the loss alone depends on;
/// 3. *accumulate*, on every micro-batch: the inputs and its part of the embeddings' gradients → gradients are added up in
///    states of their own;
/// 4. *update*: the sums → all states of the step.
///
/// The sums are the whole batch's gradients, but for the order of additions. Statistics of batch normalisation are those of a
/// micro-batch, and its running ones move once for each.
public struct MicroBatching: Sendable {
  public private(set) var graph: Graph
  /// Embeddings that the loss is made of, by the names of its graph, with the inputs that give them back: the embedding of the
  /// whole batch, and the micro-batch's part of its gradient.
  public private(set) var cuts: [(embedding: String, cached: String, gradient: String, cachedGradient: String)] = []
  /// Inputs of the step that the loss reads for the whole batch, with the inputs that give it these.
  public private(set) var wholeInputs: [(input: String, cached: String)] = []
  /// Outputs of the step.
  public let outputs: [String]
  /// States that the second part updates.
  public private(set) var lossSums: Set<String> = []
  /// States that the third part updates: sums, and running statistics.
  public private(set) var accumulated: Set<String> = []
  /// States that hold sums of gradients; zeros before a step.
  public private(set) var sums: Set<String> = []
  /// States that the fourth part updates.
  public private(set) var updated: Set<String> = []

  /// - Parameter step: an algorithm with the names of `TrainingName`.
  /// - Throws: `GraphError` for one that does not name its embeddings and gradients.
  public init(_ step: Graph) throws(GraphError) {
    graph = step
    outputs = step.outputs.map(\.name)
    let parts = Parts(of: step)
    var replaced: [ValueID: ValueID] = [:]
    for name in TrainingName.embeddings(in: step) {
      guard let embedding = step.value(named: name),
        let gradient = step.value(named: TrainingName.embeddingGradient(name))
      else {
        throw GraphError(
          .unknownName, at: step.name,
          "does not name its embeddings (\(name)) and their gradients, so it takes no micro-batches; export it again")
      }
      let cut = (
        embedding: name, cached: "cached." + name, gradient: step[gradient].name,
        cachedGradient: "cached." + step[gradient].name
      )
      cuts.append(cut)
      let whole = graph.addInput(cut.cached, step[embedding].type.ofWholeBatch)
      let part = graph.addInput(cut.cachedGradient, step[gradient].type)
      graph.rewire(parts.loss, [embedding: whole])
      replaced[gradient] = part
      graph.outputs.append(.init(name: cut.embedding, value: embedding))
      graph.outputs.append(.init(name: cut.gradient, value: gradient))
    }
    graph.rewire(Set(graph.nodes.indices).subtracting(parts.loss), replaced)
    for input in parts.lossInputs {
      let names = (input: step[input].name, cached: "cached." + step[input].name)
      let whole = graph.addInput(names.cached, step[input].type.ofWholeBatch)
      graph.rewire(parts.loss, [input: whole])
      wholeInputs.append(names)
    }
    for update in graph.updates {
      let name = graph[update.state].name
      if parts.readsBatch(update.value) { accumulated.insert(name) } else { updated.insert(name) }
    }
    try addSums(parts)
  }

  /// Gives every parameter's gradient a state in which it is added up; the optimiser reads that.
  private mutating func addSums(_ parts: Parts) throws(GraphError) {
    let sizes = parts.gradients.compactMap { graph[$0].type.shape.sizes?.reduce(graph[$0].type.scalar.size, *) }
    do {
      let zeros = try Storage.zeroed(byteCount: sizes.max() ?? 0)
      for gradient in parts.gradients {
        let value = graph[gradient]
        guard let extents = value.type.shape.sizes else { continue }
        let sum = graph.addValue(Value(name: "sum.\(value.name)", type: value.type))
        graph.constants[sum] = try NDArray(value.type.scalar, extents, storage: zeros, offset: 0)
        graph.rewire(parts.optimizer, [gradient: sum])
        let next = graph.addValue(Value(name: "next.sum.\(value.name)", type: value.type))
        graph.nodes.append(
          Node(name: "sums/\(value.name)", op: parts.addition, inputs: [sum, gradient], outputs: [next]))
        graph.updates.append(.init(state: sum, value: next))
        let name = graph[sum].name
        sums.insert(name)
        if parts.isOfLoss(gradient) { lossSums.insert(name) } else { accumulated.insert(name) }
      }
    } catch { throw GraphError(.shape, at: graph.name, "gradients cannot be added up: \(error.message)") }
    graph = try graph.pruned()
    // The loss is of the whole batch now.
    try graph.inferAll()
  }
}

extension TensorType {
  /// The type with the extent of the whole batch along its first axis.
  fileprivate var ofWholeBatch: TensorType {
    TensorType(scalar, Shape([.symbol("whole_batch")] + shape.dimensions.dropFirst()))
  }
}

extension Graph {
  fileprivate mutating func addInput(_ name: String, _ type: TensorType) -> ValueID {
    let id = addValue(Value(name: name, type: type))
    inputs.append(id)
    return id
  }

  /// Has some nodes read other values.
  fileprivate mutating func rewire(_ indices: Set<Int>, _ replacement: [ValueID: ValueID]) {
    for index in indices {
      nodes[index].inputs = nodes[index].inputs.map { input in input.map { replacement[$0] ?? $0 } }
    }
  }
}
