import CLIPModel
import Foundation
import Graphs
import Tensors
import Testing

@Suite("Configurations")
struct ConfigurationTests {
  /// Totals of the paper's models (OpenAI's checkpoints): whole, image tower, text tower with logit_scale.
  static let counts: [(name: String, total: Int, visual: Int, text: Int)] = [
    ("ViT-B-32", 151_277_313, 87_849_216, 63_428_097),
    ("ViT-B-16", 149_620_737, 86_192_640, 63_428_097),
    ("ViT-L-14", 427_616_513, 303_966_208, 123_650_305),
    ("ViT-L-14-336", 427_944_193, 304_293_888, 123_650_305),
  ]

  @Test("parameter counts equal the released models'", arguments: counts)
  func parameters(name: String, total: Int, visual: Int, text: Int) throws {
    let configuration = try CLIPConfiguration.named(name).configuration
    // Sizes are what is counted: every parameter shares one region of zeros.
    let zeros = Storage(byteCount: 49_408 * 1024 * 4)
    var made: [(name: String, count: Int)] = []
    _ = try Graph.clip(configuration) { name, sizes in
      made.append((name, sizes.reduce(1, *)))
      return try? NDArray(.float32, sizes, storage: zeros, offset: 0)
    }
    let image = made.filter { $0.name.hasPrefix("visual.") }.reduce(0) { $0 + $1.count }
    let all = made.reduce(0) { $0 + $1.count }
    #expect(all == total)
    #expect(image == visual)
    #expect(all - image == text)
  }

  @Test("names and sizes are those of OpenAI's state_dict")
  func names() throws {
    let configuration = try CLIPConfiguration.named("ViT-B-32-quickgelu").configuration
    let zeros = Storage(byteCount: 49_408 * 512 * 4)
    var made: [String: [Int]] = [:]
    _ = try Graph.clip(configuration) { name, sizes in
      made[name] = sizes
      return try? NDArray(.float32, sizes, storage: zeros, offset: 0)
    }
    #expect(made.count == 302)
    #expect(configuration.quickGELU)
    #expect(made["visual.conv1.weight"] == [768, 3, 32, 32])
    #expect(made["visual.transformer.resblocks.11.attn.in_proj_weight"] == [2304, 768])
    #expect(made["transformer.resblocks.0.mlp.c_proj.weight"] == [512, 2048])
    #expect(made["positional_embedding"] == [77, 512])
    #expect(made["visual.positional_embedding"] == [50, 768])
    #expect(made["text_projection"] == [512, 512])
    #expect(made["logit_scale"] == [])
  }

  @Test("a configuration survives its own JSON", arguments: BuiltInConfigurations.files.map(\.name))
  func roundTrip(name: String) throws {
    let configuration = try CLIPConfiguration.named(name).configuration
    let again = try CLIPConfiguration.parse(Data(configuration.json.utf8), place: name).configuration
    #expect(again == configuration)
  }

  @Test(
    "fields that only some models have survive their JSON",
    arguments: [
      #"{"layers": [1, 2, 1, 1], "width": 8, "head_width": 32, "patch_size": null, "image_size": 64}"#,
      #"{"layers": 2, "width": 64, "patch_size": 8, "image_size": 32, "norm_kwargs": {"eps": 1e-6}}"#,
    ])
  func rareFields(vision: String) throws {
    let json = """
      {"embed_dim": 8, "init_logit_bias": -10, "vision_cfg": \(vision),
       "text_cfg": {"pool_type": "eos", "eos_id": 2, "norm_kwargs": {"eps": 1e-6}}}
      """
    let configuration = try CLIPConfiguration.parse(Data(json.utf8), place: "f").configuration
    #expect(configuration.logitBias == -10)
    #expect(configuration.text.pooling == .endOfText(2))
    #expect(configuration.text.epsilon == 1e-6)
    let again = try CLIPConfiguration.parse(Data(configuration.json.utf8), place: "f").configuration
    #expect(again == configuration)
  }

  @Test(
    "what cannot be is refused with the field's name",
    arguments: [
      (#"{"embed_dim": 8}"#, "vision_cfg"),
      (
        #"{"embed_dim": 8, "vision_cfg": {"layers": 1, "width": 64, "patch_size": 7, "image_size": 32}, "text_cfg": {}}"#,
        "patch_size 7"
      ),
      (
        #"{"embed_dim": 8, "vision_cfg": {"layers": [3, 4, 6], "width": 64}, "text_cfg": {}}"#,
        "four stages"
      ),
      (
        #"{"embed_dim": 8, "vision_cfg": {"layers": [3, 4, 6, 3], "width": 64, "image_size": 225}, "text_cfg": {}}"#,
        "image_size 225"
      ),
      (
        #"{"embed_dim": 8, "vision_cfg": {"layers": 1, "width": 64, "patch_size": 32}, "text_cfg": {"pool_type": "last"}}"#,
        "pool_type is last"
      ),
      (
        #"{"embed_dim": 8, "vision_cfg": {"layers": 1, "width": 65, "patch_size": 8, "image_size": 32}, "text_cfg": {}}"#,
        "head_width"
      ),
      (#"{"embed_dim": 8, "vision_cfg": {"timm_model_name": "x"}, "text_cfg": {}}"#, "timm_model_name"),
      ("[1]", "JSON object"), ("{", "not JSON"),
    ])
  func refused(json: String, reason: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try CLIPConfiguration.parse(Data(json.utf8), place: "f") }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }
}
