import Foundation

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
    guard let data = FileManager.default.contents(atPath: nameOrPath) else {
      let names = BuiltInConfigurations.files.map(\.name).joined(separator: ", ")
      throw ConfigurationError(nameOrPath, "is neither a built-in model (\(names)) nor a readable JSON file")
    }
    return try parse(data, place: nameOrPath)
  }

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
      if vision["layers"] is [Any] {
        throw ConfigurationError(place, "vision_cfg is a ResNet: only vision transformers are supported")
      }
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
    let unknown = object.keys.filter { !known.contains($0) }.sorted()
    if !unknown.isEmpty {
      throw ConfigurationError(place, "has fields that are not supported: \(unknown.joined(separator: ", "))")
    }
  }

  /// Why no such model can be, if so.
  private var complaint: String? {
    let sizes = [
      ("embed_dim", embedding), ("image_size", vision.imageSize), ("vision layers", vision.layers),
      ("vision width", vision.width), ("patch_size", vision.patchSize), ("head_width", vision.headWidth),
      ("context_length", text.contextLength), ("vocab_size", text.vocabularySize), ("text width", text.width),
      ("text heads", text.heads), ("text layers", text.layers),
    ]
    for (name, size) in sizes where size < 1 || size > 1 << 24 { return "\(name) is \(size)" }
    if vision.imageSize % vision.patchSize != 0 {
      return "patch_size \(vision.patchSize) does not divide image_size \(vision.imageSize)"
    }
    if vision.width % vision.headWidth != 0 {
      return "head_width \(vision.headWidth) does not divide width \(vision.width)"
    }
    if text.width % text.heads != 0 { return "\(text.heads) heads do not divide the text width \(text.width)" }
    if text.contextLength < 3 { return "context_length \(text.contextLength) leaves no room for a word" }
    if vision.mlpRatio <= 0 || text.mlpRatio <= 0 || vision.mlpRatio > 64 || text.mlpRatio > 64 {
      return "mlp_ratio must lie between 0 and 64"
    }
    return nil
  }

  /// The configuration as open_clip's JSON, with sorted keys.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return (try? encoder.encode(self)).flatMap { String(data: $0, encoding: .utf8) } ?? "{}"
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
