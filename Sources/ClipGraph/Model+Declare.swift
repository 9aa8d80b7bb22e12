import CLIPModel
import Checkpoints
import Graphs
import Preprocessing
import Tensors
import TrainingGraphs

extension Model {
  /// Where a declared model's numbers come from.
  public enum Weights: Sendable {
    /// Drawn from the paper's distributions.
    case fresh(seed: Int)
    /// Read by name, as OpenAI's and open_clip's state_dict name them.
    case safetensors(path: String)
  }

  /// Declares a CLIP: graph, weights, metadata, and what trains it.
  ///
  /// - Parameters:
  ///   - tower: one encoder alone, or nil for the whole.
  ///   - training: adds a training algorithm with these hyper-parameters; needs the whole model.
  ///   - seed: for the training file's `initialization`.
  public static func clip(
    _ parsed: CLIPConfiguration.Parsed, tower: Tower? = nil, weights: Weights,
    tokenizer: (kind: TokenizerKind, vocabulary: BytePairVocabulary)? = nil, training: Hyperparameters? = nil,
    seed: Int = 0
  ) throws(ClipGraphError) -> Model {
    let configuration = parsed.configuration
    if let tokenizer, tokenizer.vocabulary.size > configuration.text.vocabularySize {
      throw ClipGraphError(
        "vocabulary",
        "has \(tokenizer.vocabulary.size) tokens, but the model's vocab_size is only \(configuration.text.vocabularySize)"
      )
    }
    if training != nil && tower != nil {
      throw ClipGraphError("training", "needs the whole model, not one tower")
    }
    let (source, origin) = try numbers(weights, configuration)
    let graph = try explaining { try Graph.clip(configuration, tower: tower, source: source) }
    var model = Model(graph: graph)
    if let training {
      model.training = try explaining {
        try TrainingInfo.contrastive(training: graph, configuration, training, seed: seed)
      }
    }
    model.metadata =
      CLIPMetadata(
        configuration: configuration, preprocessing: parsed.preprocessing, tokenizerKind: tokenizer?.kind.rawValue,
        tokenizerMerges: tokenizer?.vocabulary.text, weights: origin
      ).entries
    model.documentation = "CLIP: image and text encoders in one embedding space (Radford et al. 2021)."
    return model
  }

  private static func numbers(
    _ weights: Weights, _ configuration: CLIPConfiguration
  ) throws(ClipGraphError) -> (Parameters.Source, String) {
    switch weights {
    case .fresh(let seed):
      return (configuration.fresh(seed: seed), "random, seed \(seed)")
    case .safetensors(let path):
      let tensors = try explaining(path) { try Safetensors(contentsOf: path) }.byName
      let source: Parameters.Source = { name, sizes in
        guard let array = tensors[name] else { return nil }
        // open_clip writes logit_scale as [] or [1].
        return array.count == 1 && sizes.isEmpty ? (try? array.reshaped([])) ?? array : array
      }
      return (source, "converted from safetensors")
    }
  }
}
