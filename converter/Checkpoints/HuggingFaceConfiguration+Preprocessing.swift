import CLIPModel
import Foundation

extension HuggingFaceConfiguration {
  /// What `preprocessor_config.json` says.
  ///
  /// - Parameter remedy: what helps where it says something that cannot be expressed.
  static func preprocessing(
    _ object: [String: Any], imageSize: Int, place: String,
    remedy: String = "give --config a JSON file with model_cfg and preprocess_cfg"
  ) throws(ConfigurationError) -> PreprocessingConfiguration {
    func refuse(_ what: String) -> ConfigurationError {
      ConfigurationError(place, "\(what), which cannot be expressed; \(remedy)")
    }
    func flag(_ key: String) -> Bool { object[key] as? Bool ?? true }
    var result = PreprocessingConfiguration()
    let isNormalized = flag("do_normalize")
    for (key, path) in [("image_mean", \PreprocessingConfiguration.mean), ("image_std", \.std)] {
      if !isNormalized {
        result[keyPath: path] = key == "image_mean" ? [0, 0, 0] : [1, 1, 1]
      } else if let given = object[key], !(given is NSNull) {
        guard let numbers = given as? [Double], numbers.count == 3, numbers.allSatisfy(\.isFinite),
          key == "image_mean" || numbers.allSatisfy({ $0 > 0 })
        else { throw ConfigurationError(place, "\(key) is not three numbers") }
        result[keyPath: path] = numbers.map { Float($0) }
      }
    }
    if !flag("do_rescale") { throw refuse("do_rescale is false") }
    if let factor = object["rescale_factor"] as? Double, abs(factor * 255 - 1) > 1e-6 {
      throw refuse("rescale_factor is \(factor)")
    }
    switch object["resample"] as? Int ?? 3 {
    case 2: result.interpolation = "bilinear"
    case 3: result.interpolation = "bicubic"
    case let other: throw refuse("resample is \(other)")
    }
    if !flag("do_resize") { throw refuse("do_resize is false") }
    let size = Extent(object["size"] ?? imageSize)
    switch size {
    case .shortest(let side):
      let crop = flag("do_center_crop") ? Extent(object["crop_size"] ?? imageSize) : nil
      guard side == imageSize, crop == .exact(imageSize, imageSize) || crop == .shortest(imageSize) else {
        throw refuse("pictures are resized to \(side) and cropped differently from the model's \(imageSize)")
      }
      result.resizeMode = "shortest"
    case .exact(imageSize, imageSize): result.resizeMode = "squash"
    default: throw refuse("size is not the model's \(imageSize)")
    }
    return result
  }

  private enum Extent: Equatable {
    /// The shorter side; for a crop, a square.
    case shortest(Int)
    case exact(Int, Int)

    init?(_ value: Any) {
      if let side = value as? Int {
        self = .shortest(side)
      } else if let sides = value as? [String: Int], let side = sides["shortest_edge"] {
        self = .shortest(side)
      } else if let sides = value as? [String: Int], let height = sides["height"], let width = sides["width"] {
        self = .exact(height, width)
      } else {
        return nil
      }
    }
  }
}

// MARK: - Writing

extension HuggingFaceConfiguration {
  /// nil for a resize mode that `CLIPImageProcessor` does not have.
  static func json(_ preprocessing: PreprocessingConfiguration, imageSize: Int) -> [String: Any]? {
    let square = ["height": imageSize, "width": imageSize]
    var object: [String: Any] = [
      "image_processor_type": "CLIPImageProcessor", "do_convert_rgb": true, "do_resize": true, "do_rescale": true,
      "rescale_factor": 1.0 / 255, "do_normalize": true, "image_mean": preprocessing.mean.map(Double.init),
      "image_std": preprocessing.std.map(Double.init), "crop_size": square,
      "resample": preprocessing.interpolation == "bilinear" ? 2 : 3,
    ]
    switch preprocessing.resizeMode {
    case "shortest":
      object["size"] = ["shortest_edge": imageSize]
      object["do_center_crop"] = true
    case "squash":
      object["size"] = square
      object["do_center_crop"] = false
    default: return nil
    }
    return object
  }

  /// `config.json` of a CLIPModel; a ResNet has none.
  static func json(_ configuration: CLIPConfiguration) -> [String: Any] {
    guard case .transformer(let vision) = configuration.vision else { return [:] }
    let text = configuration.text
    let activation = configuration.quickGELU ? "quick_gelu" : "gelu"
    let end = if case .endOfText(let identifier) = text.pooling { identifier } else { legacyEndOfText }
    return [
      "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": configuration.embedding,
      "logit_scale_init_value": configuration.logitScale,
      "text_config": [
        "model_type": "clip_text_model", "vocab_size": text.vocabularySize, "hidden_size": text.width,
        "intermediate_size": text.hidden, "num_hidden_layers": text.layers, "num_attention_heads": text.heads,
        "max_position_embeddings": text.contextLength, "hidden_act": activation, "layer_norm_eps": text.epsilon,
        "projection_dim": configuration.embedding, "bos_token_id": text.vocabularySize - 2, "eos_token_id": end,
      ] as [String: Any],
      "vision_config": [
        "model_type": "clip_vision_model", "hidden_size": vision.width, "intermediate_size": vision.hidden,
        "num_hidden_layers": vision.layers, "num_attention_heads": vision.heads, "num_channels": 3,
        "image_size": vision.imageSize, "patch_size": vision.patchSize, "hidden_act": activation,
        "layer_norm_eps": vision.epsilon, "projection_dim": configuration.embedding,
      ] as [String: Any],
    ]
  }
}
