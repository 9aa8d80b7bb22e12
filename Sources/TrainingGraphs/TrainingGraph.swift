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
  /// Embeddings as the loss sees them, before they are normalised [N, E].
  public static let embeddings = ["training.image_features", "training.text_features"]
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
    training graph: Graph, _ configuration: CLIPConfiguration, _ hyperparameters: Hyperparameters, seed: Int
  ) throws(BuildError) -> TrainingInfo {
    let builder = GraphBuilder(extending: graph)
    let parameters = graph.constants.keys.sorted().filter { isParameter($0, in: graph) }.map { Tensor(builder, $0) }
    guard let embeddings = builder.trainingEmbeddings(configuration) else {
      throw BuildError([GraphError(.unknownName, at: graph.name, "has no logits: only a whole CLIP can be trained")])
    }
    builder.clearOutputs()
    let loss = builder.scoped("loss") {
      contrastiveLoss(image: embeddings.image, text: embeddings.text, scale: embeddings.scale)
    }.named(TrainingName.loss)
    builder.output(TrainingName.loss, loss)
    let features = TrainingName.embeddings.compactMap { name in
      builder.graph.value(named: name).map { Tensor(builder, $0) }
    }
    let all = builder.gradients(of: loss, withRespectTo: parameters + features)
    let gradients = all.prefix(parameters.count)
    for (embedding, gradient) in zip(features, all.dropFirst(parameters.count)) {
      _ = gradient?.named(TrainingName.embeddingGradient(embedding.name))
    }
    builder.scoped("optimizer") {
      let optimizer = Optimizer(builder, hyperparameters)
      builder.output(TrainingName.learningRate, optimizer.rate)
      for (parameter, gradient) in zip(parameters, gradients) {
        guard let gradient else { continue }
        optimizer.update(parameter, gradient.named(TrainingName.gradient(parameter.name)))
      }
    }
    let step = try builder.finish()
    let (initialization, bindings) = try initialization(of: step, parameters.map(\.name), configuration, seed: seed)
    return TrainingInfo(step: step, initialization: initialization, bindings: bindings)
  }

  /// Floating-point constants with a checkpoint path for a name. Constants without a name of their own have a slash.
  private static func isParameter(_ id: ValueID, in graph: Graph) -> Bool {
    graph[id].type.scalar == .float32 && !graph[id].name.contains("/")
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
