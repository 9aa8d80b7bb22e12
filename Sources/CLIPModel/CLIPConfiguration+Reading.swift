import Foundation
import Tensors

/// A configuration that cannot be read, or that asks for a model that cannot be.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  public let place: String
  public let message: String
  public init(_ place: String, _ message: String) {
    self.place = place
    self.message = message
  }
  public var description: String { "\(place): \(message)" }
}

extension CLIPConfiguration {
  /// A configuration and what an open_clip file says of preprocessing.
  public struct Parsed: Sendable {
    public var configuration: CLIPConfiguration
    public var preprocessing: PreprocessingConfiguration
  }

  /// A built-in name (`ViT-B-32`), or the path of a JSON file in open_clip's format.
  public static func named(_ nameOrPath: String) throws(ConfigurationError) -> Parsed {
    if let builtIn = BuiltInConfigurations.files.first(where: { $0.name == nameOrPath }) {
      return try parse(Data(builtIn.json), place: nameOrPath)
    }
    guard let file = try? Storage.mapping(nameOrPath), file.count <= largestFile else {
      let names = BuiltInConfigurations.files.map(\.name).joined(separator: ", ")
      throw ConfigurationError(nameOrPath, "is neither a built-in model (\(names)) nor a readable JSON file")
    }
    return try parse(Data(bytes: file.base, count: file.count), place: nameOrPath)
  }

  private static let largestFile = 1 << 24

  /// Parses open_clip's model-config format, bare or inside `model_cfg`. Fields that would change the model and are not
  /// understood are refused.
  public static func parse(_ data: Data, place: String) throws(ConfigurationError) -> Parsed {
    let object: Any
    do { object = try JSONSerialization.jsonObject(with: data) } catch {
      throw ConfigurationError(place, "is not JSON")
    }
    guard let outer = object as? [String: Any] else { throw ConfigurationError(place, "is not a JSON object") }
    let model = outer["model_cfg"] as? [String: Any] ?? outer
    try refuseUnknown(model, CodingKeys.allCases.map(\.rawValue) + ["custom_text"], place)
    if let vision = model["vision_cfg"] as? [String: Any] {
      try refuseUnknown(vision, Vision.CodingKeys.allCases.map(\.rawValue), place + ": vision_cfg")
    }
    if let text = model["text_cfg"] as? [String: Any] {
      try refuseUnknown(text, Text.CodingKeys.allCases.map(\.rawValue), place + ": text_cfg")
    }
    do {
      let bytes = try JSONSerialization.data(withJSONObject: model)
      let configuration = try JSONDecoder().decode(CLIPConfiguration.self, from: bytes)
      var preprocessing = PreprocessingConfiguration()
      if let settings = outer["preprocess_cfg"] {
        let bytes = try JSONSerialization.data(withJSONObject: settings)
        preprocessing = try JSONDecoder().decode(PreprocessingConfiguration.self, from: bytes)
      }
      if let complaint = configuration.complaint { throw ConfigurationError(place, complaint) }
      return Parsed(configuration: configuration, preprocessing: preprocessing)
    } catch let error as ConfigurationError {
      throw error
    } catch let error as DecodingError {
      throw ConfigurationError(place, error.explanation)
    } catch {
      throw ConfigurationError(place, "\(error)")
    }
  }

  private static func refuseUnknown(
    _ object: [String: Any], _ known: [String], _ place: String
  ) throws(ConfigurationError) {
    let unknown = object.filter { !known.contains($0.key) && !($0.value is NSNull) }.keys.sorted()
    if !unknown.isEmpty {
      throw ConfigurationError(place, "has fields that are not supported: \(unknown.joined(separator: ", "))")
    }
  }

  /// Why no such model can be, if so.
  private var complaint: String? {
    let sizes = [
      ("embed_dim", embedding), ("image_size", vision.imageSize), ("context_length", text.contextLength),
      ("vocab_size", text.vocabularySize), ("text width", text.width), ("text heads", text.heads),
    ]
    if let complaint = vision.complaint ?? outOfRange(sizes)
      ?? outOfRange([("text layers", text.layers)], most: CLIPConfiguration.mostLayers)
    {
      return complaint
    }
    if vision.imageSize % vision.cellSize != 0 {
      let divisor = if case .transformer = vision { "patch_size" } else { "the ResNet's reduction" }
      return "\(divisor) \(vision.cellSize) does not divide image_size \(vision.imageSize)"
    }
    if text.width % text.heads != 0 { return "\(text.heads) heads do not divide the text width \(text.width)" }
    if text.contextLength < 3 { return "context_length \(text.contextLength) leaves no room for a word" }
    if case .endOfText(let id) = text.pooling, !(0..<text.vocabularySize).contains(id) {
      return "eos_id \(id) is no identifier of a vocabulary of \(text.vocabularySize)"
    }
    if approximateParameterCount > CLIPConfiguration.mostParameters {
      return "such a model has more than \(Int(CLIPConfiguration.mostParameters / 1e9)) billion parameters"
    }
    return text.mlpRatio.ratioComplaint ?? text.epsilon.epsilonComplaint
  }

  /// The configuration as open_clip's JSON, with sorted keys.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return (try? encoder.encode(self)).flatMap { String(data: $0, encoding: .utf8) } ?? "{}"
  }
}

/// Names the first size that no model has.
private func outOfRange(_ sizes: [(name: String, size: Int)], most: Int = 1 << 24) -> String? {
  sizes.first { $0.size < 1 || $0.size > most }.map { "\($0.name) is \($0.size), not 1 ... \(most)" }
}

extension Double {
  fileprivate var ratioComplaint: String? { self > 0 && self <= 64 ? nil : "mlp_ratio must lie between 0 and 64" }
  fileprivate var epsilonComplaint: String? { self > 0 && self < 1 ? nil : "eps must lie between 0 and 1" }
}

extension CLIPConfiguration.Vision {
  fileprivate var complaint: String? {
    switch self {
    case .transformer(let tower):
      let sizes = [
        ("vision width", tower.width), ("patch_size", tower.patchSize), ("head_width", tower.headWidth),
        ("image_size", tower.imageSize),
      ]
      let layers = [("vision layers", tower.layers)]
      if let complaint = outOfRange(sizes) ?? outOfRange(layers, most: CLIPConfiguration.mostLayers) {
        return complaint
      }
      if tower.width % tower.headWidth != 0 {
        return "head_width \(tower.headWidth) does not divide width \(tower.width)"
      }
      return tower.mlpRatio.ratioComplaint ?? tower.epsilon.epsilonComplaint
    case .resNet(let tower):
      guard tower.layers.count == 4 else { return "a ResNet has four stages, not \(tower.layers.count)" }
      let stages = tower.layers.map { ("blocks of a stage", $0) }
      let sizes = [("vision width", tower.width), ("head_width", tower.headWidth)]
      if let complaint = outOfRange(stages, most: CLIPConfiguration.mostLayers) ?? outOfRange(sizes) {
        return complaint
      }
      if tower.width % 2 != 0 { return "the stem halves width \(tower.width), which is odd" }
      if tower.features % tower.headWidth != 0 {
        return "head_width \(tower.headWidth) does not divide the \(tower.features) channels that are pooled"
      }
      return nil
    }
  }
}

extension DecodingError {
  fileprivate var explanation: String {
    switch self {
    case .keyNotFound(let key, _): "lacks the field \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "the field \(context.codingPath.map(\.stringValue).joined(separator: ".")) has the wrong type"
    case .dataCorrupted(let context): context.debugDescription
    @unknown default: "cannot be decoded"
    }
  }
}
