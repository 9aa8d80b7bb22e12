import CLIPModel
import Checkpoints
import Foundation
import Testing

/// Configuration files of open_clip as its programs write them.
struct ConfigurationFileTests {
  /// `dataclasses.asdict` of open_clip's `CLIPVisionCfg` and `CLIPTextCfg`: every default is spelt out.
  static var model: [String: Any] {
    [
      "embed_dim": 24, "nonscalar_logit_scale": true, "init_logit_scale": 2.3, "custom_text": false,
      "vision_cfg": [
        "layers": 2, "width": 64, "head_width": 32, "mlp_ratio": 4.0, "patch_size": 8, "image_size": [32, 32],
        "ls_init_value": NSNull(), "patch_dropout": 0.5, "attentional_pool": false, "attn_pooler_queries": 256,
        "attn_pooler_heads": 8, "no_ln_pre": false, "pos_embed_type": "learnable", "final_ln_after_pool": false,
        "pool_type": "tok", "output_tokens": false, "act_kwargs": NSNull(), "norm_kwargs": [String: Any](),
        "block_type": NSNull(), "qk_norm": false, "scaled_cosine_attn": false, "scale_heads": false,
        "scale_attn_inner": false, "scale_attn": false, "scale_fc": false, "timm_model_name": NSNull(),
        "timm_model_pretrained": false, "timm_pool": "avg", "timm_proj": "linear", "timm_proj_bias": false,
        "timm_drop": 0.0, "timm_drop_path": NSNull(),
      ] as [String: Any],
      "text_cfg": [
        "context_length": 16, "vocab_size": 97, "hf_tokenizer_name": "openai/clip-vit-base-patch32",
        "tokenizer_mode": NSNull(), "tokenizer_kwargs": NSNull(), "width": 64, "heads": 2, "layers": 2,
        "mlp_ratio": 4.0, "ls_init_value": NSNull(), "embed_cls": false, "pad_id": 0, "eos_id": 2,
        "no_causal_mask": false, "final_ln_after_pool": false, "pool_type": "argmax", "proj_bias": false,
        "proj_type": "linear", "output_tokens": false, "act_kwargs": NSNull(), "norm_kwargs": NSNull(),
        "block_type": "default", "qk_norm": false, "hf_model_name": NSNull(), "hf_model_pretrained": true,
        "hf_proj_type": "mlp", "hf_pooler_type": "mean_pooler",
      ] as [String: Any],
    ]
  }
  static var preprocessing: [String: Any] {
    [
      "size": 32, "mode": "RGB", "mean": [0.5, 0.4, 0.25], "std": [0.5, 0.5, 0.25], "interpolation": "bilinear",
      "resize_mode": "longest", "fill_color": 0,
    ]
  }

  /// The configuration that a file beside, or in place of what lies beside, the golden's weights gives.
  func parsed(_ object: [String: Any], isGiven: Bool = false) throws -> CLIPConfiguration.Parsed {
    let folder = try CheckpointTests.Folder()
    try folder.copy(CheckpointTests.flat + "/model.safetensors", as: "model.safetensors")
    try folder.write(isGiven ? "other.json" : "open_clip_config.json", object)
    let checkpoint = try Checkpoint(contentsOf: folder.path)
    let described = try checkpoint.configuration(isGiven ? folder("other.json") : nil)
    try checkpoint.verify(described.parsed.configuration)
    return described.parsed
  }

  @Test(arguments: [false, true]) func defaultsMayBeSpeltOut(isGiven: Bool) throws {
    let whole: [String: Any] = [
      "model_cfg": ConfigurationFileTests.model, "preprocess_cfg": ConfigurationFileTests.preprocessing,
    ]
    let result = try parsed(whole, isGiven: isGiven)
    #expect(result.configuration.text.pooling == .argmax && result.configuration.vision.imageSize == 32)
    #expect(result.preprocessing.mean == [0.5, 0.4, 0.25] && result.preprocessing.std == [0.5, 0.5, 0.25])
    #expect(result.preprocessing.interpolation == "bilinear" && result.preprocessing.resizeMode == "longest")
    // Bare, the model's part alone says the same of the model.
    #expect(try parsed(ConfigurationFileTests.model, isGiven: isGiven).configuration == result.configuration)
  }

  @Test func picturesAreNotResizedAtRandom() throws {
    var settings = ConfigurationFileTests.preprocessing
    settings["interpolation"] = "random"
    let whole: [String: Any] = ["model_cfg": ConfigurationFileTests.model, "preprocess_cfg": settings]
    #expect(try parsed(whole).preprocessing.interpolation == "bicubic")
  }

  @Test(arguments: [
    ("vision_cfg", "no_ln_pre"), ("vision_cfg", "attentional_pool"), ("text_cfg", "no_causal_mask"),
    ("text_cfg", "embed_cls"), ("text_cfg", "proj_bias"), ("vision_cfg", "qk_norm"),
  ])
  func otherModelsAreRefused(tower: String, setting: String) throws {
    var model = ConfigurationFileTests.model
    var settings = try #require(model[tower] as? [String: Any])
    settings[setting] = true
    model[tower] = settings
    let message = CheckpointTests.complaint { try parsed(model) }
    #expect(message.contains("\(tower): has fields that are not supported: \(setting)"), "\(message)")
  }

  @Test func otherPicturesAreRefused() {
    for (key, value, wanted) in [("mode", "L" as Any, "mode is L"), ("fill_color", [1, 2, 3], "fill_color")] {
      var settings = ConfigurationFileTests.preprocessing
      settings[key] = value
      let message = CheckpointTests.complaint {
        try parsed(["model_cfg": ConfigurationFileTests.model, "preprocess_cfg": settings])
      }
      #expect(message.contains(wanted), "\(message)")
    }
  }
}
