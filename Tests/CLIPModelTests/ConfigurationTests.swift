import Foundation
import Graphs
import Tensors
import Testing

@testable import CLIPModel

@Suite("Configurations")
struct ConfigurationTests {
  /// Of the paper's models (OpenAI's checkpoints): parameters of the whole, of the image tower, and of the text tower with
  /// logit_scale; tensors of the state_dict, and how many of them are parameters.
  static let counts: [(name: String, total: Int, visual: Int, text: Int, tensors: Int, parameters: Int)] = [
    ("RN50", 102_007_137, 38_316_896, 63_690_241, 489, 324),
    ("RN101", 119_688_033, 56_259_936, 63_428_097, 795, 477),
    ("RN50x4", 178_300_601, 87_137_080, 91_163_521, 669, 414),
    ("RN50x16", 290_979_217, 167_328_912, 123_650_305, 921, 540),
    ("RN50x64", 623_258_305, 420_380_352, 202_877_953, 1353, 756),
    ("ViT-B-32", 151_277_313, 87_849_216, 63_428_097, 302, 302),
    ("ViT-B-16", 149_620_737, 86_192_640, 63_428_097, 302, 302),
    ("ViT-L-14", 427_616_513, 303_966_208, 123_650_305, 446, 446),
    ("ViT-L-14-336", 427_944_193, 304_293_888, 123_650_305, 446, 446),
  ]

  @Test("parameter counts equal the released models'", arguments: counts, ["", "-quickgelu"])
  func parameters(
    _ expected: (name: String, total: Int, visual: Int, text: Int, tensors: Int, parameters: Int), suffix: String
  ) throws {
    let configuration = try CLIPConfiguration.named(expected.name + suffix).configuration
    #expect(configuration.quickGELU == !suffix.isEmpty)
    let tensors = configuration.parameters()
    let parameters = tensors.filter { !CLIPConfiguration.isStatistic($0.name) }
    func count(_ isCounted: (String) -> Bool) -> Int {
      parameters.reduce(0) { isCounted($1.name) ? $0 + $1.sizes.reduce(1, *) : $0 }
    }
    #expect(count { _ in true } == expected.total)
    #expect(count { $0.hasPrefix("visual.") } == expected.visual)
    #expect(count { !$0.hasPrefix("visual.") } == expected.text)
    #expect(tensors.count == expected.tensors)
    #expect(parameters.count == expected.parameters)
  }

  @Test("names and sizes are those of OpenAI's state_dict")
  func names() throws {
    let configuration = try CLIPConfiguration.named("ViT-B-32-quickgelu").configuration
    let made = Dictionary(uniqueKeysWithValues: configuration.parameters())
    #expect(made["visual.conv1.weight"] == [768, 3, 32, 32])
    #expect(made["visual.transformer.resblocks.11.attn.in_proj_weight"] == [2304, 768])
    #expect(made["transformer.resblocks.0.mlp.c_proj.weight"] == [512, 2048])
    #expect(made["positional_embedding"] == [77, 512])
    #expect(made["visual.positional_embedding"] == [50, 768])
    #expect(made["text_projection"] == [512, 512])
    #expect(made["logit_scale"] == [])
    let resNet = Dictionary(uniqueKeysWithValues: try CLIPConfiguration.named("RN50x4").configuration.parameters())
    #expect(resNet["visual.conv1.weight"] == [40, 3, 3, 3])
    #expect(resNet["visual.layer1.0.downsample.0.weight"] == [320, 80, 1, 1])
    #expect(resNet["visual.layer4.5.bn3.running_var"] == [2560])
    #expect(resNet["visual.layer4.5.bn3.num_batches_tracked"] == [])
    #expect(resNet["visual.attnpool.positional_embedding"] == [82, 2560])
    #expect(resNet["visual.attnpool.c_proj.weight"] == [640, 2560])
  }

  @Test("the bound on parameters counts nearly all of them", arguments: counts.map { ($0.name, $0.total) })
  func approximateCount(name: String, total: Int) throws {
    let count = try CLIPConfiguration.named(name).configuration.approximateParameterCount
    #expect(abs(count / Double(total) - 1) < 0.05)
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
      (
        #"{"embed_dim": 8, "vision_cfg": {"layers": [1, 1, 16777216, 1], "width": 8, "image_size": 64}, "text_cfg": {}}"#,
        "blocks of a stage is 16777216, not 1 ... 1024"
      ),
      (
        #"{"embed_dim": 8, "vision_cfg": {"layers": [1, 1, 1, 1], "width": 8388608}, "text_cfg": {}}"#,
        "30 billion parameters"
      ),
      (
        #"{"embed_dim": 8, "vision_cfg": {"layers": 1, "width": 64, "patch_size": 32}, "text_cfg": {"layers": 1025}}"#,
        "text layers is 1025"
      ),
      (#"{"embed_dim": 8, "vision_cfg": {"timm_model_name": "x"}, "text_cfg": {}}"#, "timm_model_name"),
      ("[1]", "JSON object"), ("{", "not JSON"),
    ])
  func refused(json: String, reason: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try CLIPConfiguration.parse(Data(json.utf8), place: "f") }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }
}
