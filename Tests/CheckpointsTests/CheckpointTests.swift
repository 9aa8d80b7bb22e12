import CLIPModel
import Checkpoints
import Foundation
import Tensors
import Testing

/// Files and folders of weights, sound and ill-formed.
struct CheckpointTests {
  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/checkpoints").path
  static let huggingFace = fixtures + "/huggingface-gelu"
  static let flat = fixtures + "/vit-gelu"

  /// A folder that goes with its owner.
  final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("clipgraph-\(UUID().uuidString)").path
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }
    func copy(_ source: String, as name: String) throws {
      try FileManager.default.copyItem(atPath: source, toPath: self(name))
    }
    func write(_ name: String, _ object: [String: Any]) throws {
      try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: self(name)))
    }
  }

  static func json(_ path: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// The message of the error that `body` must throw.
  static func complaint(_ body: () throws -> some Any) -> String {
    do {
      _ = try body()
      Issue.record("nothing was refused")
      return ""
    } catch { return "\(error)" }
  }

  // MARK: Recognition

  @Test func layoutsAreKnownByNames() throws {
    let wanted: [(String, CheckpointLayout, Checkpoint.Origin)] = [
      ("vit-gelu", .openAI, .openCLIP), ("vit-custom-text", .customText, .openCLIP),
      ("huggingface-gelu", .huggingFace, .huggingFace),
    ]
    for (name, layout, origin) in wanted {
      let checkpoint = try Checkpoint(contentsOf: CheckpointTests.fixtures + "/" + name)
      #expect(checkpoint.layout == layout && checkpoint.origin == origin)
    }
  }

  @Test func buffersOfOpenAIsArchivesTellTheirOrigin() throws {
    let folder = try Folder()
    var file = try Safetensors(contentsOf: CheckpointTests.flat + "/model.safetensors")
    file.tensors.append((name: "input_resolution", array: NDArray(Int64(32))))
    try file.write(to: folder("model.safetensors"))
    let checkpoint = try Checkpoint(contentsOf: folder.path)
    #expect(checkpoint.origin == .openAI)
    let configuration = try checkpoint.configuration().parsed.configuration
    #expect(configuration.quickGELU && configuration.text.heads == 1)
    #expect(configuration.vision.imageSize == 32 && configuration.embedding == 24)
    try checkpoint.verify(configuration)
  }

  @Test func everyParameterHasOnePlaceInEveryLayout() throws {
    let configuration = try CLIPConfiguration.named("ViT-B-32").configuration
    let parameters = configuration.parameters().map(\.name)
    #expect(parameters.count == 302)
    for (layout, count) in [(CheckpointLayout.openAI, 302), (.customText, 302), (.huggingFace, 398)] {
      let names = parameters.flatMap { layout.place(of: $0).names }
      #expect(names.count == count && Set(names).count == count, "\(layout)")
    }
  }

  // MARK: Folders

  @Test func shardsAreReadThroughTheirIndex() throws {
    let folder = try Folder()
    let all = try Safetensors(contentsOf: CheckpointTests.huggingFace + "/model.safetensors").tensors
    var map: [String: String] = [:]
    for shard in 0..<3 {
      let some = all.enumerated().filter { $0.offset % 3 == shard }.map(\.element)
      try Safetensors(some).write(to: folder("model-\(shard).safetensors"))
      for (name, _) in some { map[name] = "model-\(shard).safetensors" }
    }
    try folder.write("model.safetensors.index.json", ["metadata": ["total_size": 1], "weight_map": map])
    try folder.copy(CheckpointTests.huggingFace + "/config.json", as: "config.json")
    let checkpoint = try Checkpoint(contentsOf: folder.path)
    try checkpoint.verify(try checkpoint.configuration().parsed.configuration)

    let outside = [
      "../model-0.safetensors", "/etc/passwd", "a/../../model-0.safetensors", "", "absent.safetensors", ".",
    ]
    for name in outside {
      map["logit_scale"] = name
      try folder.write("model.safetensors.index.json", ["weight_map": map])
      let message = CheckpointTests.complaint { try Checkpoint(contentsOf: folder.path) }
      #expect(message.contains("places logit_scale into \(name)"), "\(message)")
    }
    map["logit_scale"] = map["logit_scale"] == "model-0.safetensors" ? "model-1.safetensors" : "model-0.safetensors"
    for shard in ["model-0.safetensors", "model-1.safetensors", "model-2.safetensors"] {
      map["logit_scale"] = shard
      try folder.write("model.safetensors.index.json", ["weight_map": map])
      let holds = try Safetensors(contentsOf: folder(shard))["logit_scale"] != nil
      if holds { continue }
      #expect(CheckpointTests.complaint { try Checkpoint(contentsOf: folder.path) }.contains("lacks logit_scale"))
    }
    try folder.write("model.safetensors.index.json", ["weight_map": ["a": 1]])
    #expect(CheckpointTests.complaint { try Checkpoint(contentsOf: folder.path) }.contains("no weight_map"))
  }

  @Test func aFolderMustHoldOneCheckpoint() throws {
    let folder = try Folder()
    #expect(CheckpointTests.complaint { try Checkpoint(contentsOf: folder.path) }.contains("holds no weights"))
    #expect(CheckpointTests.complaint { try Checkpoint(contentsOf: folder("absent")) }.contains("does not exist"))
    try folder.copy(CheckpointTests.flat + "/model.safetensors", as: "a.safetensors")
    #expect(try Checkpoint(contentsOf: folder.path).layout == .openAI)
    try folder.copy(CheckpointTests.flat + "/model.safetensors", as: "b.safetensors")
    let message = CheckpointTests.complaint { try Checkpoint(contentsOf: folder.path) }
    #expect(message.contains("a.safetensors, b.safetensors") && message.contains("name one"))
    // A well-known name decides.
    try folder.copy(CheckpointTests.flat + "/model.safetensors", as: "model.safetensors")
    #expect(try Checkpoint(contentsOf: folder.path).layout == .openAI)
  }

  @Test func eachProgramsWeightsHaveItsConfiguration() throws {
    let folder = try Folder()
    let custom = CheckpointTests.fixtures + "/vit-custom-text"
    try folder.copy(custom + "/open_clip_model.safetensors", as: "open_clip_model.safetensors")
    try folder.copy(custom + "/open_clip_config.json", as: "open_clip_config.json")
    try folder.copy(CheckpointTests.huggingFace + "/model.safetensors", as: "model.safetensors")
    try folder.copy(CheckpointTests.huggingFace + "/config.json", as: "config.json")
    let ours = try Checkpoint(contentsOf: folder.path)
    #expect(ours.layout == .customText)
    #expect(try ours.configuration().place.hasSuffix("open_clip_config.json"))
    let theirs = try Checkpoint(contentsOf: folder("model.safetensors"))
    #expect(theirs.layout == .huggingFace)
    #expect(try theirs.configuration().place.hasSuffix("/config.json"))
  }

  @Test func otherTensorsAreNoCLIP() throws {
    let message = CheckpointTests.complaint {
      try Checkpoint(contentsOf: CheckpointTests.flat + "/expected.safetensors")
    }
    #expect(message.contains("holds no CLIP") && message.contains("image_features"))
  }

  // MARK: Weights against configuration

  @Test func everythingAtOddsIsListedAtOnce() throws {
    let folder = try Folder()
    var file = try Safetensors(contentsOf: CheckpointTests.huggingFace + "/model.safetensors")
    let block = "text_model.encoder.layers.1."
    file.tensors.removeAll { $0.name == block + "self_attn.k_proj.bias" || $0.name == "logit_scale" }
    for index in file.tensors.indices {
      switch file.tensors[index].name {
      case block + "mlp.fc1.bias": file.tensors[index].array = NDArray([Float](repeating: 0, count: 3), [3])
      case "visual_projection.weight":
        file.tensors[index].array = NDArray([Float](repeating: 0, count: 24 * 64), [64, 24])
      case "vision_model.post_layernorm.bias":
        file.tensors[index].array = NDArray([Int64](repeating: 0, count: 64), [64])
      default: break
      }
    }
    file.tensors.append((name: "vision_model.extra", array: NDArray([Float(1)], [1])))
    file.tensors.append((name: "text_model.embeddings.position_ids", array: NDArray([Int64(0)], [1, 1])))
    try file.write(to: folder("model.safetensors"))
    try folder.copy(CheckpointTests.huggingFace + "/config.json", as: "config.json")
    let checkpoint = try Checkpoint(contentsOf: folder.path)
    let configuration = try checkpoint.configuration().parsed.configuration
    let message = CheckpointTests.complaint { try checkpoint.verify(configuration) }
    #expect(message.contains("6 tensors are at odds"), "\(message)")
    for part in [
      "\(block)self_attn.k_proj.bias is missing ([64])", "logit_scale is missing ([])",
      "\(block)mlp.fc1.bias is [3], not [256]",
      "visual_projection.weight is [64, 24], not [24, 64]", "vision_model.post_layernorm.bias is i64",
      "vision_model.extra f32[1] is not part of the model",
    ] {
      #expect(message.contains(part), "\(part) in \(message)")
    }
    #expect(!message.contains("position_ids"))
  }

  @Test func longListsAreCut() throws {
    let checkpoint = try Checkpoint(contentsOf: CheckpointTests.flat)
    let configuration = try CLIPConfiguration.named("ViT-B-32").configuration
    let message = CheckpointTests.complaint { try checkpoint.verify(configuration) }
    #expect(message.contains("301 tensors") && message.hasSuffix("; and 281 more"))
  }

  @Test func logitScaleMayBeAListOfOneAndALogitBiasIsKept() throws {
    let folder = try Folder()
    var file = try Safetensors(contentsOf: CheckpointTests.flat + "/model.safetensors")
    for index in file.tensors.indices where file.tensors[index].name == "logit_scale" {
      file.tensors[index].array = try file.tensors[index].array.reshaped([1])
    }
    file.tensors.append((name: "logit_bias", array: NDArray([Float(-10)], [1])))
    try file.write(to: folder("model.safetensors"))
    try folder.copy(CheckpointTests.flat + "/open_clip_config.json", as: "open_clip_config.json")
    let checkpoint = try Checkpoint(contentsOf: folder.path)
    let configuration = try checkpoint.configuration().parsed.configuration
    try checkpoint.verify(configuration)
    #expect(configuration.logitBias != nil)
    let reader = ParameterReader(checkpoint)
    #expect(reader.array("logit_bias", []) == NDArray(Float(-10)))
    #expect(reader.array("logit_scale", [])?.sizes == [])
  }

  @Test func numbersThatAreNoneAreNoted() throws {
    let folder = try Folder()
    var file = try Safetensors(contentsOf: CheckpointTests.flat + "/model.safetensors")
    for index in file.tensors.indices where file.tensors[index].name == "visual.proj" {
      var values = file.tensors[index].array.values(as: Float.self)
      values[7] = .nan
      file.tensors[index].array = NDArray(values, file.tensors[index].array.sizes)
    }
    try file.write(to: folder("model.safetensors"))
    let reader = ParameterReader(try Checkpoint(contentsOf: folder.path))
    for name in ["visual.proj", "text_projection"] { #expect(reader.array(name, []) != nil) }
    #expect(reader.nonFinite == ["visual.proj"] && reader.failure == nil)
    #expect(reader.notes.count == 1 && reader.notes[0].contains("visual.proj"))
  }
}
