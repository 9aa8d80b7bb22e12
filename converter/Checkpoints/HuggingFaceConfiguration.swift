import CLIPModel
import Foundation

/// Hugging Face's `config.json` of a CLIPModel and `preprocessor_config.json`, in open_clip's terms.
enum HuggingFaceConfiguration {
  /// `CLIPTextConfig`'s and `CLIPVisionConfig`'s defaults, for what a file leaves out.
  private static let textDefaults: [String: any Sendable] = [
    "vocab_size": 49408, "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12,
    "num_attention_heads": 8, "max_position_embeddings": 77, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
    "eos_token_id": 49407,
  ]
  private static let visionDefaults: [String: any Sendable] = [
    "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
    "num_channels": 3, "image_size": 224, "patch_size": 32, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
  ]
  /// The identifier that older files give as end of text whatever it is; it means the largest identifier.
  static let legacyEndOfText = 2

  static func isOne(_ object: [String: Any]) -> Bool {
    ["text_config", "vision_config", "text_config_dict", "vision_config_dict"].contains { object[$0] != nil }
  }

  /// A model configuration in open_clip's format.
  static func openCLIP(_ object: [String: Any], place: String) throws(ConfigurationError) -> [String: Any] {
    if let type = object["model_type"] as? String, type != "clip" {
      throw ConfigurationError(place, "describes a model of the type \(type); supported is clip")
    }
    let text = Section("text_config", object, textDefaults, place)
    let vision = Section("vision_config", object, visionDefaults, place)
    let activations = [try text.string("hidden_act"), try vision.string("hidden_act")]
    guard activations[0] == activations[1] else {
      throw ConfigurationError(
        place, "the towers' hidden_act differ: \(activations[0]) and \(activations[1]); one for both is supported")
    }
    guard ["quick_gelu", "gelu"].contains(activations[0]) else {
      throw ConfigurationError(place, "hidden_act is \(activations[0]); supported are quick_gelu and gelu")
    }
    guard try vision.integer("num_channels") == 3 else {
      throw ConfigurationError(place, "num_channels is \(try vision.integer("num_channels")); supported is 3")
    }
    let (heads, width) = (try vision.integer("num_attention_heads"), try vision.integer("hidden_size"))
    guard width % heads == 0 else {
      throw ConfigurationError(place, "\(heads) attention heads do not divide the vision width \(width)")
    }
    let end = try text.integer("eos_token_id", from: 0)
    var textSettings: [String: Any] = [
      "context_length": try text.integer("max_position_embeddings"), "vocab_size": try text.integer("vocab_size"),
      "width": try text.integer("hidden_size"), "heads": try text.integer("num_attention_heads"),
      "layers": try text.integer("num_hidden_layers"), "mlp_ratio": try text.ratio(),
      "norm_kwargs": ["eps": try text.number("layer_norm_eps")],
    ]
    if end != legacyEndOfText { textSettings.merge(["pool_type": "eos", "eos_id": end]) { $1 } }
    return [
      "embed_dim": try Section.integer("projection_dim", object["projection_dim"] ?? 512, 1, place),
      "quick_gelu": activations[0] == "quick_gelu",
      "init_logit_scale": object["logit_scale_init_value"] ?? 2.6592,
      "vision_cfg": [
        "image_size": try vision.integer("image_size"), "patch_size": try vision.integer("patch_size"), "width": width,
        "layers": try vision.integer("num_hidden_layers"), "head_width": width / heads,
        "mlp_ratio": try vision.ratio(), "norm_kwargs": ["eps": try vision.number("layer_norm_eps")],
      ] as [String: Any],
      "text_cfg": textSettings,
    ]
  }

  /// One tower's settings. Old files give a second set under `…_dict`, which wins.
  private struct Section {
    var settings: [String: Any]
    var place: String

    init(_ name: String, _ object: [String: Any], _ defaults: [String: any Sendable], _ place: String) {
      settings = defaults
      self.place = "\(place): \(name)"
      for key in [name, name + "_dict"] {
        let given = (object[key] as? [String: Any] ?? [:]).filter { !($0.value is NSNull) }
        settings.merge(given) { $1 }
      }
    }

    static func integer(
      _ key: String, _ value: Any?, _ smallest: Int, _ place: String
    ) throws(ConfigurationError) -> Int {
      guard let value = value as? Int, value >= smallest, value <= 1 << 24 else {
        throw ConfigurationError(place, "\(key) is no whole number from \(smallest) to \(1 << 24)")
      }
      return value
    }

    func integer(_ key: String, from smallest: Int = 1) throws(ConfigurationError) -> Int {
      try Section.integer(key, settings[key], smallest, place)
    }

    func number(_ key: String) throws(ConfigurationError) -> Double {
      guard let value = settings[key] as? Double else { throw ConfigurationError(place, "\(key) is no number") }
      return value
    }

    func string(_ key: String) throws(ConfigurationError) -> String {
      guard let value = settings[key] as? String else { throw ConfigurationError(place, "\(key) is no text") }
      return value
    }

    /// Width of the MLP's hidden layer over the tower's, so that multiplying gives that width again.
    func ratio() throws(ConfigurationError) -> Double {
      MLPRatio.of(hidden: try integer("intermediate_size"), width: try integer("hidden_size"))
    }
  }
}

enum MLPRatio {
  /// The ratio that gives `hidden` when `width` is multiplied with it and cut to a whole number.
  static func of(hidden: Int, width: Int) -> Double {
    var ratio = Double(hidden) / Double(width)
    while Int(Double(width) * ratio) < hidden { ratio = ratio.nextUp }
    return ratio
  }
}
