import Autodiff
import CLIPModel
import Graphs
import Operators
import Tensors

/// Fixed names inside a training graph.
public enum TrainingName {
  public static let loss = "loss"
  /// The rate that the schedule gives for this step.
  public static let learningRate = "learning_rate"
  /// Steps taken, int64 scalar; a state.
  public static let step = "optimizer.step"
  public static func gradient(_ name: String) -> String { "gradient.\(name)" }
  /// Embeddings as the loss sees them, before they are normalised [N, E]. Those of an image tower that stays are the features
  /// of inference.
  public static func embeddings(in step: Graph) -> [String] {
    let names = Set(step.values.map(\.name))
    return ["image_features", "text_features"].map { names.contains("training.\($0)") ? "training.\($0)" : $0 }
  }
  /// The loss's gradient with respect to an embedding [N, E].
  public static func embeddingGradient(_ embedding: String) -> String { "embedding_gradient.\(embedding)" }
  /// First and second moments of the gradient, as PyTorch names them.
  public static func firstMoment(_ name: String) -> String { "optimizer.\(name).exp_avg" }
  public static func secondMoment(_ name: String) -> String { "optimizer.\(name).exp_avg_sq" }
}

extension TrainingInfo {
  /// The algorithm that trains a CLIP graph: contrastive loss, gradients, and AdamW with the paper's groups, its schedule and
  /// the clamp of logit_scale, written out in the graph.
  ///
  /// - Parameters:
  ///   - graph: a whole CLIP, as `Graph.clip` declares it.
  ///   - seed: for `initialization`.
  public static func contrastive(
    training graph: Graph, _ configuration: CLIPConfiguration, _ hyperparameters: Hyperparameters,
    recipe: Recipe = Recipe(), seed: Int
  ) throws(BuildError) -> TrainingInfo {
    let builder = GraphBuilder(extending: graph)
    let parameters = parameters(of: graph).filter { !recipe.frozen.contains(graph[$0].name) }
    let isImageFrozen = !parameters.contains { graph[$0].name.hasPrefix("visual.") }
    guard let embeddings = builder.trainingEmbeddings(configuration, isImageFrozen: isImageFrozen) else {
      throw BuildError([GraphError(.unknownName, at: graph.name, "has no logits: only a whole CLIP can be trained")])
    }
    let step = try builder.trainingStep(
      .embeddings(embeddings), captions: graph.value(named: "text"), parameters.map { Tensor(builder, $0) },
      hyperparameters, recipe)
    let (initialization, bindings) = try initialization(
      of: step, parameters.map { graph[$0].name }, configuration, seed: seed)
    return TrainingInfo(step: step, initialization: initialization, bindings: bindings)
  }

  /// Parameters of a graph that `Graph.clip` declared: floating-point constants with a checkpoint path for a name, statistics
  /// of batch normalisation among them. Constants without a name of their own have a slash.
  public static func parameters(of graph: Graph) -> [ValueID] {
    graph.constants.keys.sorted().filter { graph[$0].type.scalar == .float32 && !graph[$0].name.contains("/") }
  }

  /// Draws every parameter anew and zeroes the optimiser's state.
  private static func initialization(
    of step: Graph, _ parameters: [String], _ configuration: CLIPConfiguration, seed: Int
  ) throws(BuildError) -> (Graph, [(state: String, output: String)]) {
    let builder = GraphBuilder(name: "initialization")
    var bindings: [(state: String, output: String)] = []
    for state in step.states.sorted() {
      let name = step[state].name
      guard let sizes = step[state].type.shape.sizes else { continue }
      let drawn: Tensor
      if let index = parameters.firstIndex(of: name) {
        drawn = builder.drawn(
          configuration.distribution(of: name, sizes), sizes, seed: CLIPConfiguration.seed(seed, parameter: index))
      } else if step[state].type.scalar == .int64 {
        drawn = builder.constant(NDArray(Int64(0))).identity()
      } else {
        drawn = builder.drawn(.constant(0), sizes, seed: 0)
      }
      let output = "initial.\(name)"
      builder.output(output, drawn.named(output))
      bindings.append((state: name, output: output))
    }
    return (try builder.finish(), bindings)
  }
}

extension GraphBuilder {
  /// Loss, gradients and updates after a graph that gives what the loss compares; its outputs are the loss and the learning rate.
  ///
  /// - Parameters:
  ///   - captions: tokens [N, length]; needed where identical captions are positives.
  ///   - parameters: what is trained; those that the loss does not depend on stay.
  func trainingStep(
    _ compared: Compared, captions: ValueID?, _ parameters: [Tensor], _ hyperparameters: Hyperparameters,
    _ recipe: Recipe
  ) throws(BuildError) -> Graph {
    clearOutputs()
    if recipe.positives == .caption && captions == nil {
      throw BuildError([
        GraphError(
          .unknownName, at: graph.name,
          "has no input of captions, so identical ones cannot be told; leave positives by caption out")
      ])
    }
    let loss = scoped("loss") {
      let groups = recipe.positives == .caption ? captions.map { Tensor(self, $0).rowGroups() } : nil
      return recipe.loss.tensor(compared, groups: groups)
    }.named(TrainingName.loss)
    output(TrainingName.loss, loss)
    let embeddings = TrainingName.embeddings(in: graph).compactMap { name in
      graph.value(named: name).map { Tensor(self, $0) }
    }
    let all = gradients(of: loss, withRespectTo: parameters + embeddings)
    for (embedding, gradient) in zip(embeddings, all.dropFirst(parameters.count)) {
      _ = gradient?.named(TrainingName.embeddingGradient(embedding.name))
    }
    scoped("optimizer") {
      let optimizer = Optimizer(self, hyperparameters)
      output(TrainingName.learningRate, optimizer.rate)
      optimizer.update(
        zip(parameters, all).compactMap { parameter, gradient in
          gradient.map { (parameter, $0.named(TrainingName.gradient(parameter.name))) }
        })
    }
    return try finish()
  }
}
