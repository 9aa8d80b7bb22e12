import CLIPModel
import Checkpoints
import Graphs
import Preprocessing
import Tensors
import TrainingGraphs

extension Model {
  /// Where a declared model's numbers come from.
  public enum Weights {
    /// Drawn from the paper's distributions.
    case fresh(seed: Int)
    /// Read from somebody's checkpoint. Training needs them in single precision.
    case checkpoint(ParameterReader)

    /// A file of weights, or a folder that holds one, as it is.
    public static func checkpoint(path: String) throws(ClipGraphError) -> Weights {
      .checkpoint(ParameterReader(try explaining(path) { try Checkpoint(contentsOf: path) }))
    }
  }

  /// Declares a CLIP: graph, weights, metadata, and what trains it.
  ///
  /// - Parameters:
  ///   - tower: one encoder alone, or nil for the whole.
  ///   - training: adds a training algorithm with these hyper-parameters; needs the whole model.
  ///   - recipe: what the training algorithm computes.
  ///   - seed: for the training file's `initialization`.
  ///   - resizing: makes the model for another image size or context length than `parsed`, which describes the weights.
  public static func clip(
    _ parsed: CLIPConfiguration.Parsed, tower: Tower? = nil, weights: Weights,
    tokenizer: (kind: TokenizerKind, vocabulary: BytePairVocabulary)? = nil, training: Hyperparameters? = nil,
    recipe: Recipe = Recipe(), seed: Int = 0, resizing: Resizing? = nil
  ) throws(ClipGraphError) -> Model {
    let configuration = try explaining { try resizing?.applied(to: parsed.configuration) ?? parsed.configuration }
    if let tokenizer, tokenizer.vocabulary.size > configuration.text.vocabularySize {
      throw ClipGraphError(
        "vocabulary",
        "has \(tokenizer.vocabulary.size) tokens, but the model's vocab_size is only \(configuration.text.vocabularySize)"
      )
    }
    if training != nil && tower != nil {
      throw ClipGraphError("training", "needs the whole model, not one tower")
    }
    let (source, origin) = try numbers(weights, parsed.configuration, tower, resizing)
    let graph = try building(weights) { try Graph.clip(configuration, tower: tower, source: source) }
    var model = Model(graph: graph)
    if let training {
      model.training = try explaining {
        try TrainingInfo.contrastive(training: graph, configuration, training, recipe: recipe, seed: seed)
      }
    }
    model.metadata =
      CLIPMetadata(
        configuration: configuration, preprocessing: parsed.preprocessing, tokenizerKind: tokenizer?.kind.rawValue,
        tokenizerMerges: tokenizer?.vocabulary.text, weights: origin, checkpointLayout: weights.layout?.rawValue
      ).entries
    model.documentation = "CLIP: image and text encoders in one embedding space (Radford et al. 2021)."
    return model
  }

  private static func numbers(
    _ weights: Weights, _ configuration: CLIPConfiguration, _ tower: Tower?, _ resizing: Resizing?
  ) throws(ClipGraphError) -> (Parameters.Source, origin: String) {
    switch weights {
    case .fresh(let seed):
      return (configuration.fresh(seed: seed), "random, seed \(seed)")
    case .checkpoint(let reader):
      try explaining { try reader.checkpoint.verify(configuration, tower: tower) }
      let source = resizing?.source(reader.array, of: configuration) ?? reader.array
      return (source, "converted from \(reader.checkpoint.name)")
    }
  }

  /// Runs `body`; where the weights could not be read, that is the error.
  private static func building(
    _ weights: Weights, _ body: () throws -> Graph
  ) throws(ClipGraphError) -> Graph {
    let result = Result { try body() }
    if case .checkpoint(let reader) = weights, let failure = reader.failure { throw ClipGraphError(failure) }
    return try explaining { try result.get() }
  }
}

extension Model.Weights {
  fileprivate var layout: CheckpointLayout? {
    if case .checkpoint(let reader) = self { reader.checkpoint.layout } else { nil }
  }
}
