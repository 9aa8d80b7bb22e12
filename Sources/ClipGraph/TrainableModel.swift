import CLIPModel
import Foundation
import Graphs
import Passes
import Tensors
import TrainingGraphs

/// A model that is trained from its graph file: nothing but the file says what the loss, the gradients and the update are.
///
/// Belongs to one thread.
public final class TrainableModel {
  private var model: Model
  private var algorithm: Graph
  private let options: Options
  private let place: String
  private var compiled: CompiledStep?

  /// What the memory limit led to, once the first step has been planned.
  public private(set) var memoryChoice: MemoryChoice?

  /// - Throws: `ClipGraphError` when the model has no training algorithm.
  public convenience init(_ model: Model, threads: Int = 0, place: String = "model") throws(ClipGraphError) {
    try self.init(model, options: Options(threads: threads), place: place)
  }

  /// - Throws: `ClipGraphError` when the model has no training algorithm.
  public init(_ model: Model, options: Options, place: String = "model") throws(ClipGraphError) {
    guard let training = model.training else {
      throw ClipGraphError(
        place, "has no training algorithm (TrainingInfoProto): `clipgraph make-trainable` adds one")
    }
    self.model = model
    algorithm = training.step
    (self.options, self.place) = (options, place)
  }

  /// Names and types of the inputs that a step needs.
  public var inputs: [(name: String, type: TensorType)] {
    algorithm.inputs.map { (algorithm[$0].name, algorithm[$0].type) }
  }

  /// Which of the inputs take pictures and captions.
  ///
  /// - Throws: `ClipGraphError` that names the inputs, where the step needs other tensors.
  public func stepInputs() throws(ClipGraphError) -> StepInputs { try StepInputs(algorithm, place: place) }

  /// One step: runs the algorithm and takes its updates. Gives its outputs, as `loss`.
  public func step(_ inputs: [String: NDArray]) throws(ClipGraphError) -> [String: NDArray] {
    switch try compile(for: inputs) {
    case .whole(let engine): try engine.step(inputs)
    case .microBatched(let batched): try batched.step(inputs)
    }
  }

  public func engine() throws(ClipGraphError) -> Engine { try compile(for: nil).engine }

  /// - Parameter inputs: of the step to come: a memory limit is kept for batches of their size.
  private func compile(for inputs: [String: NDArray]?) throws(ClipGraphError) -> CompiledStep {
    if let compiled { return compiled }
    let made: CompiledStep
    if let limit = options.memoryLimit, let inputs {
      let search = MemorySearch(algorithm, options, place: place)
      let (choice, step) = try search.choice(within: limit, for: inputs)
      (memoryChoice, made) = (choice, step)
    } else {
      made = try CompiledStep(algorithm, options)
    }
    compiled = made
    return made
  }

  // MARK: Scalars

  /// A hyper-parameter of the file, or nil where it has none of this name.
  public func value(_ name: Hyperparameters.Name) -> Double? {
    guard let id = algorithm.value(named: name.rawValue), let array = algorithm.constants[id], array.count == 1 else {
      return nil
    }
    return array.values(as: Float.self).first.map(Double.init)
  }

  /// Sets a hyper-parameter: a named scalar of the algorithm. The graph stays as it is.
  public func set(_ name: Hyperparameters.Name, _ value: Double) throws(ClipGraphError) {
    guard let id = algorithm.value(named: name.rawValue), let array = algorithm.constants[id], array.count == 1,
      array.scalar == .float32
    else {
      throw ClipGraphError(
        name.rawValue,
        "is no scalar of this file's algorithm, so it cannot be set; `clipgraph make-trainable` writes one that has it")
    }
    try synchronise()
    algorithm.constants[id] = NDArray([Float(value)], array.sizes)
  }

  /// Steps taken, as the file counts them.
  public func stepsTaken() throws(ClipGraphError) -> Int {
    let array = try compiled.map { compiled throws(ClipGraphError) in
      try explaining { try compiled.engine.session.state(named: TrainingName.step) }
    }
    return (array ?? algorithm.value(named: TrainingName.step).flatMap { algorithm.constants[$0] })?.integers?.first
      ?? 0
  }

  /// What the algorithm computes; it says nothing of frozen parameters.
  public var recipe: Recipe { Recipe(of: algorithm, parameters: []) }

  /// What cosines are multiplied with at present: e to the power of the state `logit_scale`; nil where none is called so.
  public func logitScale() throws(ClipGraphError) -> Double? {
    guard let id = algorithm.value(named: "logit_scale"), let stored = algorithm.constants[id] else { return nil }
    let isState = algorithm.states.contains(id)
    let present = try compiled.flatMap { compiled throws(ClipGraphError) -> NDArray? in
      isState ? try explaining { try compiled.engine.session.state(named: "logit_scale") } : nil
    }
    return (present ?? stored).values(as: Float.self).first.map { exp(Double($0)) }
  }

  // MARK: State

  /// Runs the file's `initialization`: parameters are drawn anew and the optimiser starts at zero.
  public func reinitialize() throws(ClipGraphError) {
    guard let training = model.training, let graph = training.initialization else {
      throw ClipGraphError("initialization", "the file has none, so it cannot be started anew")
    }
    try synchronise()
    let drawn = try Engine(graph, compilation: .none, threads: options.threads).run([:])
    for (state, output) in training.bindings {
      guard let id = algorithm.value(named: state), let array = drawn[output] else { continue }
      algorithm.constants[id] = array
    }
  }

  /// The trained inference graph, with the metadata.
  public func inferenceModel() throws(ClipGraphError) -> Model {
    var result = try checkpointModel()
    result.training = nil
    return result
  }

  /// The training graph with its present state.
  public func checkpointModel() throws(ClipGraphError) -> Model {
    try synchronise(keepingEngine: true)
    var result = model
    for (id, _) in result.graph.constants {
      guard let trained = algorithm.value(named: result.graph[id].name) else { continue }
      result.graph.constants[id] = algorithm.constants[trained]
    }
    result.training?.step = algorithm
    return result
  }

  /// Brings the states back from the session, and drops it unless it is to be kept.
  private func synchronise(keepingEngine: Bool = false) throws(ClipGraphError) {
    guard let compiled else { return }
    for id in algorithm.states {
      let name = algorithm[id].name
      algorithm.constants[id] = try explaining(name) { try compiled.engine.session.state(named: name) }
    }
    if !keepingEngine { self.compiled = nil }
  }
}
