import CLIPModel
import Foundation
import Tensors

extension Checkpoint {
  /// A configuration for these weights, and where it comes from.
  public struct Described: Sendable {
    public var parsed: CLIPConfiguration.Parsed
    /// A file, a built-in name, or words.
    public var place: String
  }

  /// The configuration: the one that is given, else the file beside the weights, else what the tensors' shapes tell.
  ///
  /// - Parameter given: a built-in name, or a JSON file of open_clip's or Hugging Face's.
  /// - Throws: `ConfigurationError` for files that describe no CLIP; `FileError` where the shapes do not suffice, with the
  ///   flag that helps.
  public func configuration(_ given: String? = nil) throws -> Described {
    var (described, saysPreprocessing) = try base(given)
    if let path = files.preprocessor, !saysPreprocessing {
      described.parsed.preprocessing = try HuggingFaceConfiguration.preprocessing(
        try CheckpointFiles.json(path), imageSize: described.parsed.configuration.vision.imageSize, place: path)
    }
    // A bias of the logits belongs to the weights; a configuration gives but the value that it starts from.
    if stored("logit_bias") != nil && described.parsed.configuration.logitBias == nil {
      described.parsed.configuration.logitBias = 0
    }
    return described
  }

  private func base(_ given: String?) throws -> (Described, saysPreprocessing: Bool) {
    if let given {
      if BuiltInConfigurations.files.contains(where: { $0.name == given }) {
        return (Described(parsed: try CLIPConfiguration.named(given), place: given), false)
      }
      guard CheckpointFiles.isFile(given) else {
        // The error names what there is.
        return (Described(parsed: try CLIPConfiguration.named(given), place: given), false)
      }
      guard let read = try Checkpoint.read(given) else {
        throw ConfigurationError(given, "is a configuration neither of open_clip nor of Hugging Face's CLIPModel")
      }
      return read
    }
    if let beside = files.configuration, let read = try Checkpoint.read(beside) { return read }
    return (Described(parsed: try parsedFromShapes(), place: "from the tensors' shapes"), false)
  }

  /// nil for a JSON file of something else.
  private static func read(_ path: String) throws -> (Described, saysPreprocessing: Bool)? {
    var object = try CheckpointFiles.json(path)
    if HuggingFaceConfiguration.isOne(object) {
      object = try HuggingFaceConfiguration.openCLIP(object, place: path)
    } else if OpenCLIPConfiguration.isOne(object) {
      object = try OpenCLIPConfiguration.plain(object, place: path)
    } else {
      return nil
    }
    let data = try JSONSerialization.data(withJSONObject: object)
    let parsed = try CLIPConfiguration.parse(data, place: path)
    return (Described(parsed: parsed, place: path), object["preprocess_cfg"] != nil)
  }

  // MARK: From the shapes

  private func parsedFromShapes() throws -> CLIPConfiguration.Parsed {
    guard let shapes = ShapeReading(sizes: { stored($0)?.sizes }), origin == .openAI else {
      throw error(configurationAdvice)
    }
    // OpenAI's archives: QuickGELU, heads of 64.
    var object = shapes.openCLIP
    object["quick_gelu"] = true
    return try CLIPConfiguration.parse(try JSONSerialization.data(withJSONObject: object), place: path)
  }

  private var configurationAdvice: String {
    let fitting = BuiltInConfigurations.files.map(\.name).filter { name in
      (try? CLIPConfiguration.named(name)).map { fits($0.configuration) } ?? false
    }
    let advice =
      switch fitting.count {
      case 0: "no built-in model has these shapes: give --config FILE.json in open_clip's format"
      case 1: "give --config \(fitting[0]), which has these shapes, or a JSON file"
      default: "give --config \(fitting.joined(separator: " or ")), which have these shapes, or a JSON file"
      }
    return "its tensors do not tell the activation and the width of a head, and no configuration lies beside it; "
      + advice + (fitting.count > 1 ? " (OpenAI's weights need -quickgelu)" : "")
  }
}

/// What the sizes of a checkpoint's parameters tell of its model.
private struct ShapeReading {
  private let sizes: (String) -> [Int]?
  /// open_clip's format, without what shapes cannot tell: the activation, and heads that are not 64 wide.
  private(set) var openCLIP: [String: Any] = [:]

  init?(sizes: @escaping (String) -> [Int]?) {
    self.sizes = sizes
    guard let vision = vision, let projection = size("text_projection", 2),
      let positions = size("positional_embedding", 2),
      let tokens = size("token_embedding.weight", 2), let text = tower("transformer.resblocks.")
    else { return nil }
    openCLIP = [
      "embed_dim": projection[1], "vision_cfg": vision,
      "text_cfg": [
        "context_length": positions[0], "vocab_size": tokens[0], "width": positions[1],
        "heads": max(1, positions[1] / 64), "layers": text.layers, "mlp_ratio": text.ratio,
      ] as [String: Any],
    ]
  }

  private func size(_ parameter: String, _ rank: Int) -> [Int]? {
    sizes(parameter).flatMap { $0.count == rank && $0.allSatisfy { $0 > 0 } ? $0 : nil }
  }

  private func tower(_ prefix: String) -> (layers: Int, ratio: Double)? {
    var layers = 0
    while sizes("\(prefix)\(layers).ln_1.weight") != nil { layers += 1 }
    guard let hidden = size(prefix + "0.mlp.c_fc.weight", 2) else { return nil }
    return (layers, MLPRatio.of(hidden: hidden[0], width: hidden[1]))
  }

  private var vision: [String: Any]? {
    func grid(_ parameter: String) -> Int? {
      size(parameter, 2).map { Int(Double($0[0] - 1).squareRoot().rounded()) }
    }
    if sizes("visual.proj") != nil {
      guard let patches = size("visual.conv1.weight", 4), let grid = grid("visual.positional_embedding"),
        let tower = tower("visual.transformer.resblocks.")
      else { return nil }
      return [
        "image_size": grid * patches[3], "patch_size": patches[3], "width": patches[0], "layers": tower.layers,
        "mlp_ratio": tower.ratio,
      ]
    }
    guard let first = size("visual.layer1.0.conv1.weight", 4), let grid = grid("visual.attnpool.positional_embedding")
    else { return nil }
    let layers = (1...4).map { stage in
      var blocks = 0
      while sizes("visual.layer\(stage).\(blocks).conv1.weight") != nil { blocks += 1 }
      return blocks
    }
    return ["image_size": grid * 32, "width": first[0], "layers": layers]
  }
}
