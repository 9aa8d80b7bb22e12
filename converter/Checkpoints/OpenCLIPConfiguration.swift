import CLIPModel
import Foundation

/// open_clip's configuration, bare or inside `model_cfg`, without what says nothing.
///
/// Source: open_clip 3.3, `CLIPVisionCfg` and `CLIPTextCfg` in model.py, `PreprocessCfg` in transform.py.
enum OpenCLIPConfiguration {
  static func isOne(_ object: [String: Any]) -> Bool { object["model_cfg"] != nil || object["vision_cfg"] != nil }

  /// Settings that have no say in a model's numbers once it is trained: the form of `logit_scale` is that of the tensor, and the
  /// vocabulary that of the file beside it.
  private static let mute: Set<String> = [
    "nonscalar_logit_scale", "patch_dropout", "output_tokens", "attn_pooler_queries", "attn_pooler_heads", "pad_id",
    "hf_tokenizer_name", "timm_model_pretrained", "timm_pool", "timm_proj", "timm_proj_bias", "timm_drop",
    "timm_drop_path", "hf_model_pretrained", "hf_proj_type", "hf_pooler_type",
  ]

  /// Settings of which only this value, or none, makes the model that is declared here.
  private static let defaults: [String: String] = [
    "pos_embed_type": "learnable", "proj_type": "linear", "block_type": "default",
    "attentional_pool": "false", "no_ln_pre": "false", "final_ln_after_pool": "false", "input_patchnorm": "false",
    "global_average_pool": "false", "embed_cls": "false", "no_causal_mask": "false", "proj_bias": "false",
    "qk_norm": "false", "scaled_cosine_attn": "false", "scale_heads": "false", "scale_attn_inner": "false",
    "scale_attn": "false", "scale_fc": "false",
  ]

  /// The object without mute settings and defaults; whatever differs stays, and is refused where it is parsed.
  static func plain(_ object: [String: Any], place: String) throws(ConfigurationError) -> [String: Any] {
    var result = object
    var model = object["model_cfg"] as? [String: Any] ?? object
    model = model.filter { !mute.contains($0.key) }
    for tower in ["vision_cfg", "text_cfg"] {
      guard var settings = model[tower] as? [String: Any] else { continue }
      settings = settings.filter { key, value in
        let isDefault = defaults[key].map { spelling(value) == $0 } ?? false
        let isEmpty = (value as? [String: Any])?.isEmpty ?? false
        return !mute.contains(key) && !isDefault && !isEmpty
      }
      if tower == "vision_cfg" {
        if settings["pool_type"] as? String == "tok" { settings["pool_type"] = nil }
        // Height and width.
        if let sides = settings["image_size"] as? [Int], sides.count == 2, sides[0] == sides[1] {
          settings["image_size"] = sides[0]
        }
      } else if settings["pool_type"] as? String != "eos" {
        settings["eos_id"] = nil
      }
      model[tower] = settings
    }
    if object["model_cfg"] == nil { result = model } else { result["model_cfg"] = model }
    if let settings = object["preprocess_cfg"] as? [String: Any] {
      result["preprocess_cfg"] = try preprocessing(settings, place: place)
    }
    return result
  }

  /// Pictures to be embedded are never resized at random, but bicubically.
  private static func preprocessing(
    _ object: [String: Any], place: String
  ) throws(ConfigurationError) -> [String: Any] {
    var settings = object
    if settings["interpolation"] as? String == "random" { settings["interpolation"] = "bicubic" }
    if let mode = settings["mode"] as? String, mode != "RGB" {
      throw ConfigurationError(place, "preprocess_cfg: mode is \(mode); supported is RGB")
    }
    let fill = settings["fill_color"]
    let numbers = fill as? [Double] ?? (fill as? Double).map { [$0] } ?? []
    if settings["resize_mode"] as? String == "longest", numbers.contains(where: { $0 != 0 }) {
      throw ConfigurationError(place, "preprocess_cfg: fill_color is not black, which is all that is supported")
    }
    return settings
  }

  private static func spelling(_ value: Any) -> String {
    if let flag = value as? Bool { return flag ? "true" : "false" }
    return value as? String ?? ""
  }
}
