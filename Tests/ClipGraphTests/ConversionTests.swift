import CLIPModel
import Checkpoints
import ClipGraph
import Foundation
import Graphs
import Preprocessing
import Tensors
import Testing

/// Checkpoints of every kind, and what their own programs compute from them.
@Suite("Conversion of checkpoints")
struct ConversionTests {
  static let folders = ["vit-gelu", "vit-quickgelu", "vit-custom-text", "huggingface-gelu", "huggingface-quickgelu"]
    .map { Golden(name: $0) }

  /// Converts, writes, reads.
  static func converted(_ source: String, _ change: (inout Conversion.Options) -> Void = { _ in }) throws -> Model {
    let folder = try TemporaryFolder()
    var options = Conversion.Options(workFolder: folder.path)
    change(&options)
    return try throughFile(try Conversion(source, options).model)
  }

  static func expectAgreement(_ model: Model, with expected: [String: NDArray], _ place: String) throws {
    let inputs = expected.filter { ["image", "text"].contains($0.key) }
    let outputs = try Engine(model.graph, compilation: .inference).run(inputs)
    for name in ["image_features", "text_features", "logits_per_image"] {
      let distance = try Distance(outputs[name], try #require(expected[name]))
      #expect(distance.maximum <= 1e-5, "\(place): \(name): \(distance.maximum)")
    }
  }

  @Test("a folder gives its program's features and logits within 1e-5", arguments: folders)
  func agreement(golden: Golden) throws {
    let model = try ConversionTests.converted(golden.path(""))
    try ConversionTests.expectAgreement(model, with: try golden.tensors("expected.safetensors"), golden.name)
  }

  @Test("the file carries the preprocessing of the source and the layout of its names")
  func metadata() throws {
    let model = try ConversionTests.converted(Golden(name: "vit-custom-text").path(""))
    let metadata = try #require(try CLIPMetadata(of: model))
    #expect(metadata.preprocessing.mean == [0.5, 0.5, 0.5] && metadata.preprocessing.std == [0.5, 0.5, 0.5])
    #expect(metadata.preprocessing.resizeMode == "squash")
    #expect(metadata.checkpointLayout == "open_clip-custom-text")
    #expect(metadata.tokenizerKind == nil)
    let gelu = try #require(
      try CLIPMetadata(of: try ConversionTests.converted(Golden(name: "huggingface-gelu").path(""))))
    #expect(gelu.configuration.text.pooling == .endOfText(96) && !gelu.configuration.quickGELU)
    let legacy = try #require(
      try CLIPMetadata(of: try ConversionTests.converted(Golden(name: "huggingface-quickgelu").path(""))))
    #expect(legacy.configuration.text.pooling == .argmax && legacy.configuration.quickGELU)
  }

  @Test("one tower needs only its own tensors")
  func towers() throws {
    let golden = Golden(name: "huggingface-gelu")
    let all = try Safetensors(contentsOf: golden.path("model.safetensors"))
    let expected = try golden.tensors("expected.safetensors")
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: golden.path("config.json"), toPath: folder.path + "/config.json")
    for (tower, start) in [(Tower.image, "vis"), (.text, "text")] {
      let half = all.tensors.filter { $0.name.hasPrefix(start) }
      try Safetensors(half).write(to: folder.path + "/model.safetensors")
      let model = try ConversionTests.converted(folder.path) { $0.tower = tower }
      let output = "\(tower.rawValue)_features"
      let inputs = expected.filter { $0.key == tower.rawValue }
      let outputs = try Engine(model.graph, compilation: .inference).run(inputs)
      #expect(try Distance(outputs[output], try #require(expected[output])).maximum <= 1e-5)
      #expect(throws: ClipGraphError.self) { try ConversionTests.converted(folder.path) }
    }
  }

  @Test("with a training algorithm it trains")
  func training() throws {
    let golden = Golden(name: "vit-gelu")
    let model = try ConversionTests.converted(golden.path("")) { $0.training = { _ in Golden.hyperparameters } }
    let trained = try TrainableModel(model)
    let steps = try golden.step(0)
    let outputs = try trained.step(steps.filter { ["image", "text"].contains($0.key) })
    #expect(try Distance(outputs["loss"], try #require(steps["loss"])).maximum <= 1e-5)
  }

  // MARK: Back again

  @Test("weights go back bit for bit, under the names that they came with", arguments: folders)
  func roundTrip(golden: Golden) throws {
    let folder = try TemporaryFolder()
    let name = golden.name == "vit-custom-text" ? "open_clip_model.safetensors" : "model.safetensors"
    let model = try ConversionTests.converted(golden.path(""))
    try CheckpointFile(model).write(to: folder.path + "/back.safetensors")
    let back = try Safetensors(contentsOf: folder.path + "/back.safetensors")
    // The counters beside BatchNorm's statistics have no say in them; PyTorch does without.
    let wanted = try golden.tensors(name).filter { !$0.key.hasSuffix(".num_batches_tracked") }
    #expect(back.byName == wanted)
    #expect(back.metadata == ["format": "pt"])
  }

  @Test("OpenAI's names to Hugging Face's and back lose nothing, and half precision stays", arguments: [false, true])
  func thereAndBack(half: Bool) throws {
    let golden = Golden(name: "vit-quickgelu")
    let folder = try TemporaryFolder()
    let original = try ConversionTests.converted(golden.path("")) { $0.precision = half ? .fp16 : nil }
    try CheckpointFile(original, layout: .openAI).write(to: folder.path + "/there.safetensors")
    try CheckpointFile(original, layout: .huggingFace).write(to: folder.path + "/hf/")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/hf")
    #expect(Set(names) == ["config.json", "model.safetensors", "preprocessor_config.json"])
    let model = try ConversionTests.converted(folder.path + "/hf")
    try CheckpointFile(model, layout: .openAI).write(to: folder.path + "/back.safetensors")
    let (there, back) = (
      try Safetensors(contentsOf: folder.path + "/there.safetensors").byName,
      try Safetensors(contentsOf: folder.path + "/back.safetensors").byName
    )
    #expect(there == back)
    #expect(there["visual.proj"]?.scalar == (half ? .float16 : .float32))
    let (a, b) = (try #require(try CLIPMetadata(of: original)), try #require(try CLIPMetadata(of: model)))
    #expect(a.configuration == b.configuration && a.preprocessing == b.preprocessing)
  }

  @Test("a folder of open_clip's has its configuration, custom text and all")
  func openCLIPFolder() throws {
    let golden = Golden(name: "vit-custom-text")
    let folder = try TemporaryFolder()
    try CheckpointFile(try ConversionTests.converted(golden.path("")), layout: .openCLIP).write(to: folder.path)
    let json = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/open_clip_config.json"))
    let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect((object["model_cfg"] as? [String: Any])?["custom_text"] as? Bool == true)
    let parsed = try CLIPConfiguration.parse(json, place: "open_clip_config.json")
    let original = try CLIPConfiguration.named(golden.path("open_clip_config.json"))
    #expect(parsed.configuration == original.configuration && parsed.preprocessing == original.preprocessing)
    #expect(
      try Safetensors(contentsOf: folder.path + "/open_clip_model.safetensors").byName
        == (try golden.tensors("open_clip_model.safetensors")))
  }

  @Test("a training file gives its weights")
  func checkpointOfTraining() throws {
    let golden = Golden(name: "vit-gelu")
    let folder = try TemporaryFolder()
    let model = try golden.model(training: true)
    try CheckpointFile(model).write(to: folder.path + "/w.safetensors")
    #expect(try Safetensors(contentsOf: folder.path + "/w.safetensors").byName == golden.tensors("model.safetensors"))
  }
}

// MARK: - Precision

/// What `--precision` does to the numbers, and what comes of them.
@Suite("Precision of converted weights")
struct PrecisionTests {
  /// What OpenAI's `convert_weights` halves.
  static func isHalved(_ name: String) -> Bool {
    let modules = ["out_proj.", "c_fc.", "c_proj.", "conv1."]
    return name.hasSuffix("proj") || name == "text_projection" || name.contains("in_proj_")
      || modules.contains(where: name.contains)
  }

  /// The model with weights rounded in Swift, in single precision.
  static func rounded(_ golden: Golden) throws -> Model {
    let folder = try TemporaryFolder()
    let tensors = try Safetensors(contentsOf: golden.path("model.safetensors")).tensors.map { name, array in
      let values = array.values(as: Float.self)
      return (name: name, array: isHalved(name) ? NDArray(values.map { Float(Float16($0)) }, array.sizes) : array)
    }
    try Safetensors(tensors).write(to: folder.path + "/rounded.safetensors")
    return try Model.clip(
      try CLIPConfiguration.named(golden.path("open_clip_config.json")),
      weights: try .checkpoint(path: folder.path + "/rounded.safetensors"))
  }

  @Test("fp16 rounds to the nearest what OpenAI halves, and the file is computed with in single precision")
  func half() throws {
    let golden = Golden(name: "vit-quickgelu")
    let model = try ConversionTests.converted(golden.path("")) { $0.precision = .fp16 }
    let original = try golden.tensors("model.safetensors")
    for (name, array) in original {
      let id = try #require(model.graph.value(named: name))
      let kept = try #require(model.graph.constants[id])
      #expect(kept.scalar == (PrecisionTests.isHalved(name) ? .float16 : .float32), "\(name)")
      let wanted = array.values(as: Float.self).map { PrecisionTests.isHalved(name) ? Double(Float16($0)) : Double($0) }
      #expect(kept.doubles == wanted, "\(name)")
    }
    let expected = try golden.tensors("expected.safetensors")
    let inputs = expected.filter { ["image", "text"].contains($0.key) }
    let engine = try Engine(model.graph, compilation: .inference)
    let reference = try Engine(try PrecisionTests.rounded(golden).graph, compilation: .none).run(inputs)
    for (name, value) in try engine.run(inputs) {
      #expect(try Distance(value, try #require(reference[name])).maximum <= 1e-5, "\(name)")
    }
    // Weights are widened once, not in every run; the products see what they see in a single-precision file.
    let plain = try Engine(try golden.model().graph, compilation: .inference)
    #expect(engine.graph.nodes.map(\.op.name) == plain.graph.nodes.map(\.op.name))
    // Back to single precision nothing is lost.
    let folder = try TemporaryFolder()
    try CheckpointFile(model).write(to: folder.path + "/half.safetensors")
    let parsed = try CLIPConfiguration.named(golden.path("open_clip_config.json"))
    let reader = ParameterReader(
      try Checkpoint(contentsOf: folder.path + "/half.safetensors"), precision: .fp32, folder: folder.path)
    let single = try Model.clip(parsed, weights: .checkpoint(reader))
    #expect(single.graph.constants.values.allSatisfy { $0.scalar != .float16 })
  }

  @Test("a file in half precision throughout: its logit scale counts, its embeddings stay narrow")
  func throughout() throws {
    let golden = Golden(name: "huggingface-gelu")
    let folder = try TemporaryFolder()
    let all = try Safetensors(contentsOf: golden.path("model.safetensors")).tensors
    func write(_ scalar: ScalarType, _ bits: (Float) -> UInt16, to path: String) throws {
      let tensors = try all.map { name, array in
        let narrow = NDArray(array.values(as: Float.self).map(bits), array.sizes)
        return (name: name, array: try NDArray(scalar, array.sizes, storage: narrow.storage, offset: 0))
      }
      try Safetensors(tensors).write(to: path)
    }
    try FileManager.default.copyItem(atPath: golden.path("config.json"), toPath: folder.path + "/config.json")
    let inputs = try golden.tensors("expected.safetensors").filter { ["image", "text"].contains($0.key) }
    for scalar in [ScalarType.float16, .bfloat16] {
      try write(
        scalar, { scalar == .float16 ? Float16($0).bitPattern : UInt16(($0.bitPattern + 0x8000) >> 16) },
        to: folder.path + "/model.safetensors")
      let model = try ConversionTests.converted(folder.path)
      let clip = try CLIP(model)
      let scale = try #require(model.graph.value(named: "logit_scale").flatMap { model.graph.constants[$0] })
      #expect(scale.scalar == scalar)
      #expect(abs(Double(clip.logitScale) - exp(try #require(scale.doubles?.first))) < 1e-3)
      let table = try #require(clip.engine.graph.constants.values.first { $0.sizes == [97, 64] })
      #expect(table.scalar == scalar)
      let wide = try ConversionTests.converted(folder.path) { $0.precision = .fp32 }
      let reference = try Engine(wide.graph, compilation: .none).run(inputs)
      for (name, value) in try clip.engine.run(inputs) {
        #expect(try Distance(value, try #require(reference[name])).maximum <= 1e-5, "\(scalar): \(name)")
      }
    }
  }

  @Test("double precision becomes single, with a word about it; what half precision cannot hold is refused")
  func edges() throws {
    let golden = Golden(name: "vit-gelu")
    let folder = try TemporaryFolder()
    var file = try Safetensors(contentsOf: golden.path("model.safetensors"))
    let index = try #require(file.tensors.firstIndex { $0.name == "visual.proj" })
    let values = file.tensors[index].array.values(as: Float.self)
    try FileManager.default.copyItem(
      atPath: golden.path("open_clip_config.json"), toPath: folder.path + "/open_clip_config.json")
    file.tensors[index].array = NDArray(values.map(Double.init), [64, 24])
    try file.write(to: folder.path + "/model.safetensors")
    let conversion = try Conversion(folder.path, Conversion.Options(workFolder: folder.path))
    #expect(conversion.warnings.count == 1 && conversion.warnings[0].contains("visual.proj held double precision"))
    try ConversionTests.expectAgreement(
      conversion.model, with: try golden.tensors("expected.safetensors"), "double")

    file.tensors[index].array = NDArray(values.map { $0 + 70_000 }, [64, 24])
    try file.write(to: folder.path + "/model.safetensors")
    var options = Conversion.Options(workFolder: folder.path)
    options.precision = .fp16
    #expect { try Conversion(folder.path, options) } throws: { "\($0)".contains("visual.proj has values that f16") }
  }
}
