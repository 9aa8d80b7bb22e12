import CLIPModel
import Checkpoints
import Graphs
import Preprocessing
import TrainingGraphs

/// A checkpoint made into a model.
public struct Conversion {
  /// What is wanted of it.
  public struct Options {
    /// A built-in name or a JSON file; nil where the checkpoint describes itself.
    public var configuration: String?
    /// nil keeps the weights' types.
    public var precision: WeightPrecision?
    /// A vocabulary; nil takes the one that lies beside the weights.
    public var tokenizer: String?
    /// One encoder alone, or nil for the whole.
    public var tower: Tower?
    /// Adds a training algorithm with these hyper-parameters of the model.
    public var training: ((CLIPConfiguration) -> Hyperparameters)?
    /// What the training algorithm computes.
    public var recipe = Recipe()
    /// Another image size or context length than the weights were trained with.
    public var resizing: Resizing?
    /// For the training file's `initialization`.
    public var seed = 0
    /// A place with room for tensors that must be put together or converted.
    public var workFolder: String

    public init(workFolder: String) { self.workFolder = workFolder }
  }

  public let model: Model
  public let configuration: CLIPConfiguration
  public let layout: CheckpointLayout
  /// Where the configuration came from: a file, a built-in name, or words.
  public let configurationPlace: String
  /// The tokenizer's kind; nil where the model has none.
  public let tokenizer: TokenizerKind?
  /// What is odd about the weights, and what could not be taken along.
  public let warnings: [String]

  /// - Parameter source: a file of weights, or a folder.
  /// - Throws: `ClipGraphError` for what cannot be read, does not fit or cannot be run.
  public init(_ source: String, _ options: Options) throws(ClipGraphError) {
    let checkpoint = try explaining { try Checkpoint(contentsOf: source) }
    let described = try explaining(source) { try checkpoint.configuration(options.configuration) }
    var warnings: [String] = []
    let tokenizer = try Conversion.tokenizer(checkpoint, options, described.parsed.configuration, &warnings)
    // A training algorithm updates single precision.
    if options.training != nil && options.precision == .fp16 {
      throw ClipGraphError("training", "needs single precision; leave --precision fp16 out")
    }
    let reader = ParameterReader(
      checkpoint, precision: options.training == nil ? options.precision : .fp32, folder: options.workFolder)
    let model = try Model.clip(
      described.parsed, tower: options.tower, weights: .checkpoint(reader), tokenizer: tokenizer,
      training: options.training?(described.parsed.configuration), recipe: options.recipe,
      seed: options.seed, resizing: options.resizing)
    if let metadata = try explaining(source, { try CLIPMetadata(of: model) }) {
      // What the file could not be run with is found now rather than then.
      _ = try explaining(described.place) { try metadata.imagePreprocessing() }
    }
    self.model = model
    configuration = described.parsed.configuration
    configurationPlace = described.place
    layout = checkpoint.layout
    self.tokenizer = tokenizer?.kind
    self.warnings = warnings + reader.notes
  }

  private static func tokenizer(
    _ checkpoint: Checkpoint, _ options: Options, _ configuration: CLIPConfiguration, _ warnings: inout [String]
  ) throws(ClipGraphError) -> (kind: TokenizerKind, vocabulary: BytePairVocabulary)? {
    guard options.tower != .image, let path = options.tokenizer ?? checkpoint.tokenizerPath else { return nil }
    do throws(ClipGraphError) {
      let vocabulary = try explaining(path) { try BytePairVocabulary(contentsOf: path) }
      guard vocabulary.size == configuration.text.vocabularySize else {
        throw ClipGraphError(
          path,
          "has \(vocabulary.size) identifiers, but the model \(configuration.text.vocabularySize); name the vocabulary that "
            + "it was trained with: --tokenizer FILE")
      }
      return (checkpoint.origin.tokenizer, vocabulary)
    } catch {
      if options.tokenizer != nil { throw error }
      warnings.append("\(error); the file is written without a tokenizer")
      return nil
    }
  }
}

extension Checkpoint.Origin {
  /// The tokenizer that the origin's models were trained with.
  var tokenizer: TokenizerKind {
    switch self {
    case .openAI: .openAI
    case .openCLIP: .openCLIP
    case .huggingFace: .huggingFace
    }
  }
}
