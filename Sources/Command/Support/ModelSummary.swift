import CLIPModel
import Graphs
import Tensors
import TrainingGraphs

/// What is inside a graph file, as `clipgraph inspect` shows it.
struct ModelSummary: Encodable {
  struct Port: Encodable {
    var name: String
    var type: String
  }

  struct OperatorUse: Encodable {
    var name: String
    var count: Int
  }

  struct Entry: Encodable {
    var key: String
    var value: String
  }

  /// The training algorithm.
  struct Training: Encodable {
    var inputs: [Port]
    var outputs: [Port]
    /// Values that a step replaces: parameters and the optimiser's state.
    var states: Int
    var stateBytes: Int
    /// nil for algorithms of other programs.
    var loss: String?
    var positives: String?
    var hyperparameters: [String: Double]
    var stepsTaken: Int?
    var hasInitialization: Bool
    var operators: [OperatorUse]
  }

  var file: String
  var inputs: [Port]
  var outputs: [Port]
  var nodes: Int
  var operators: [OperatorUse]
  var parameters: Int
  var constantBytes: Int
  var metadata: [Entry]
  var training: Training?

  init(_ model: Model, file: String) {
    let graph = model.graph
    self.file = file
    inputs = ModelSummary.inputs(of: graph)
    outputs = ModelSummary.outputs(of: graph)
    nodes = graph.nodes.count
    operators = ModelSummary.operators(of: graph)
    parameters = graph.parameterCount
    constantBytes = graph.constantByteCount
    metadata = model.metadata.map { Entry(key: $0.key, value: $0.value) }
    training = model.training.map(ModelSummary.training)
  }

  private static func training(_ training: TrainingInfo) -> Training {
    let step = training.step
    var scalars: [String: Double] = [:]
    for name in Hyperparameters.Name.allCases {
      guard let id = step.value(named: name.rawValue), let value = step.constants[id], value.count == 1 else {
        continue
      }
      scalars[name.rawValue] = value.values(as: Float.self).first.map(Double.init)
    }
    let states = step.states
    let recipe = Hyperparameters(of: step).map { _ in Recipe(of: step, parameters: []) }
    let counter = step.value(named: TrainingName.step).flatMap { step.constants[$0] }?.integers?.first
    return Training(
      inputs: inputs(of: step), outputs: outputs(of: step), states: states.count,
      stateBytes: states.reduce(0) { $0 + (step.constants[$1]?.byteCount ?? 0) }, loss: recipe?.loss.rawValue,
      positives: recipe?.positives.rawValue, hyperparameters: scalars, stepsTaken: counter,
      hasInitialization: training.initialization != nil, operators: operators(of: step))
  }

  private static func inputs(of graph: Graph) -> [Port] {
    graph.inputs.map { Port(name: graph[$0].name, type: "\(graph[$0].type)") }
  }

  private static func outputs(of graph: Graph) -> [Port] {
    graph.outputs.map { Port(name: $0.name, type: "\(graph[$0.value].type)") }
  }

  private static func operators(of graph: Graph) -> [OperatorUse] {
    graph.operatorCounts.map { OperatorUse(name: $0.name, count: $0.count) }
  }
}
