import Foundation
import Graphs

/// Everything that makes the answer right and is not a weight: travels in a graph file's `metadata_props`.
public struct CLIPMetadata: Hashable, Sendable {
  public var configuration: CLIPConfiguration
  public var preprocessing: PreprocessingConfiguration
  /// `openai`, `open_clip` or `hugging-face`; nil where the file has no tokenizer.
  public var tokenizerKind: String?
  /// The byte-pair merges as text; nil where the file has no tokenizer.
  public var tokenizerMerges: String?
  /// Where the weights came from, in words.
  public var weights: String
  /// How the checkpoint that the weights came from named them; nil where they came from none.
  public var checkpointLayout: String?

  public init(
    configuration: CLIPConfiguration, preprocessing: PreprocessingConfiguration = PreprocessingConfiguration(),
    tokenizerKind: String? = nil, tokenizerMerges: String? = nil, weights: String,
    checkpointLayout: String? = nil
  ) {
    self.configuration = configuration
    self.preprocessing = preprocessing
    self.tokenizerKind = tokenizerKind
    self.tokenizerMerges = tokenizerMerges
    self.weights = weights
    self.checkpointLayout = checkpointLayout
  }

  enum Key: String {
    case configuration = "clip.configuration"
    case activation = "clip.activation"
    case pooling = "clip.text_pooling"
    case contextLength = "clip.context_length"
    case imageSize = "clip.image_size"
    case mean = "clip.image_mean"
    case std = "clip.image_std"
    case interpolation = "clip.interpolation"
    case resizeMode = "clip.resize_mode"
    case crop = "clip.crop"
    case tokenizerKind = "clip.tokenizer"
    case tokenizerMerges = "clip.tokenizer_merges"
    case weights = "clip.weights"
    case checkpointLayout = "clip.checkpoint_layout"
  }

  /// The entries of `metadata_props`, in order.
  public var entries: [(key: String, value: String)] {
    func list(_ numbers: [Float]) -> String { numbers.map { "\($0)" }.joined(separator: ",") }
    var entries: [(Key, String)] = [
      (.configuration, configuration.json),
      (.activation, configuration.quickGELU ? "quick_gelu" : "gelu"),
      (.pooling, configuration.text.pooling == .argmax ? "argmax" : "eos"),
      (.contextLength, String(configuration.text.contextLength)),
      (.imageSize, String(configuration.vision.imageSize)),
      (.mean, list(preprocessing.mean)),
      (.std, list(preprocessing.std)),
      (.interpolation, preprocessing.interpolation),
      (.resizeMode, preprocessing.resizeMode),
      (.crop, "center"),
    ]
    if let tokenizerKind, let tokenizerMerges {
      entries += [(.tokenizerKind, tokenizerKind), (.tokenizerMerges, tokenizerMerges)]
    }
    entries.append((.weights, weights))
    if let checkpointLayout { entries.append((.checkpointLayout, checkpointLayout)) }
    return entries.map { ($0.rawValue, $1) }
  }

  /// Reads the entries of a model; nil when it was not made by this library.
  ///
  /// - Throws: `ConfigurationError` when an entry contradicts itself.
  public init?(of model: Model) throws(ConfigurationError) {
    guard let json = model[Key.configuration.rawValue] else { return nil }
    let parsed = try CLIPConfiguration.parse(Data(json.utf8), place: Key.configuration.rawValue)
    configuration = parsed.configuration
    preprocessing = PreprocessingConfiguration()
    func numbers(_ key: Key) throws(ConfigurationError) -> [Float]? {
      guard let text = model[key.rawValue] else { return nil }
      let list = text.split(separator: ",").compactMap { Float($0) }
      guard list.count == 3, list.allSatisfy(\.isFinite) else {
        throw ConfigurationError(key.rawValue, "must be three numbers, not \(text.prefix(80))")
      }
      return list
    }
    if let mean = try numbers(.mean) { preprocessing.mean = mean }
    if let std = try numbers(.std) {
      guard std.allSatisfy({ $0 > 0 }) else { throw ConfigurationError(Key.std.rawValue, "must be above zero") }
      preprocessing.std = std
    }
    if let value = model[Key.interpolation.rawValue] { preprocessing.interpolation = value }
    if let value = model[Key.resizeMode.rawValue] { preprocessing.resizeMode = value }
    tokenizerKind = model[Key.tokenizerKind.rawValue]
    tokenizerMerges = model[Key.tokenizerMerges.rawValue]
    weights = model[Key.weights.rawValue] ?? "unknown"
    checkpointLayout = model[Key.checkpointLayout.rawValue]
  }
}
