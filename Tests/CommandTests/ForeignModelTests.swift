import Checkpoints
import Foundation
import Tensors
import Testing

/// Files of other programs, with the files beside them or with flags, give what the same weights give as our own file.
struct ForeignModelTests {
  struct Result: Decodable {
    struct Score: Decodable {
      var label: String
      var probability: Double
    }
    struct Assumption: Decodable {
      var subject: String
      var value: String
      var source: String
    }
    var scores: [Score]
    var assumptions: [Assumption]?
  }

  private static let question = ["--labels", "red circle,blue square,green star", "--template", "a {}", "--json"]

  /// Runs classify; gives the probabilities by label, the assumptions and the notes.
  private func classify(_ arguments: [String]) throws -> (Result, notes: [String]) {
    let outcome = try Clipgraph.run(["classify"] + arguments + Self.question)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let results = try JSONDecoder().decode([Result].self, from: Data(outcome.output.utf8))
    return (try #require(results.first), outcome.errorLines)
  }

  private func expectSame(_ result: Result, _ other: Result) throws {
    for score in other.scores {
      let ours = try #require(result.scores.first { $0.label == score.label })
      #expect(abs(ours.probability - score.probability) < 1e-5, "\(score.label)")
    }
  }

  @Test func theFilesBesideItSayHow() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let preprocessor = """
      {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
       "do_resize": true, "do_center_crop": true, "do_normalize": true, "do_rescale": true, "resample": 3,
       "size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
      """
    _ = try folder.write("preprocessor_config.json", Array(preprocessor.utf8))
    _ = try folder.write("config.json", Array("{\"text_config\": {\"max_position_embeddings\": 24}}".utf8))
    _ = try folder.write("tokenizer.json", Array(try ForeignModel.tokenizerJSON(workshop.vocabulary)))
    try FileManager.default.createDirectory(atPath: folder("onnx"), withIntermediateDirectories: true)
    try ForeignModel(names: ForeignModel.huggingFace).write(workshop.model, to: folder("onnx/model.onnx"))

    let own = try classify([workshop.model, workshop.picture])
    #expect(own.0.assumptions == nil && own.notes.isEmpty)
    let foreign = try classify([folder("onnx/model.onnx"), workshop.picture])
    try expectSame(foreign.0, own.0)
    let assumptions = try #require(foreign.0.assumptions)
    #expect(assumptions.count == foreign.notes.count)
    for (subject, source) in [
      ("mean, deviation, interpolation, resize mode", "preprocessor_config.json"), ("context length", "config.json"),
      ("tokenizer kind", "input_ids"),
    ] {
      #expect(assumptions.contains { $0.subject == subject && $0.source.contains(source) }, "\(subject)")
      #expect(foreign.notes.contains { $0.hasPrefix("clipgraph: note: \(subject)") })
    }
    #expect(assumptions.contains { $0.subject == "tokenizer" && $0.value.hasSuffix("tokenizer.json") })
  }

  /// A folder a tower, as photo libraries keep them.
  @Test func openCLIPsFilesSayHow() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    for name in ["visual", "textual"] {
      try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: true)
    }
    let settings = """
      {"size": [32, 32], "mode": "RGB", "mean": [0.48145466, 0.4578275, 0.40821073],
       "std": [0.26862954, 0.26130258, 0.27577711], "interpolation": "bicubic", "resize_mode": "shortest", "fill_color": 0}
      """
    _ = try folder.write("visual/preprocess_cfg.json", Array(settings.utf8))
    _ = try folder.write("config.json", Array(Workshop.configuration.utf8))
    _ = try folder.write("textual/tokenizer.json", Array(try ForeignModel.tokenizerJSON(workshop.vocabulary)))
    let towers = [("image", "image_features", "visual"), ("text", "text_features", "textual")]
    for (input, output, name) in towers {
      try ForeignModel(names: [input: input, output: "embedding"])
        .write(workshop.model, to: folder("\(name)/model.onnx"))
    }
    let own = try classify([workshop.model, workshop.picture])
    let foreign = try classify([
      workshop.picture, "--image-model", folder("visual/model.onnx"), "--text-model", folder("textual/model.onnx"),
    ])
    try expectSame(foreign.0, own.0)
    for word in ["preprocess_cfg.json", "context length: 24", "tokenizer.json"] {
      #expect(foreign.notes.contains { $0.contains(word) }, "\(word): \(foreign.notes)")
    }
  }

  @Test func evaluateTakesThem() throws {
    struct Report: Decodable {
      var correct: Int
      var assumptions: [Result.Assumption]?
    }
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    try ForeignModel(names: ForeignModel.openCLIP).write(workshop.model, to: folder("model.onnx"))
    let flags = ["--tokenizer", workshop.vocabulary, "--tokenizer-kind", "open_clip", "--context-length", "24"]
    let reports = try [[workshop.model], [folder("model.onnx")] + flags].map { model in
      let outcome = try Clipgraph.run(["evaluate"] + model + ["--data", workshop.testData, "--json"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    }
    #expect(reports[0].correct == reports[1].correct)
    #expect(reports[0].assumptions == nil && reports[1].assumptions?.isEmpty == false)
  }

  @Test func flagsSayHow() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    try ForeignModel(names: ForeignModel.openCLIP).write(workshop.model, to: folder("model.onnx"))
    let own = try classify([workshop.model, workshop.picture])
    let flags = ["--tokenizer", workshop.vocabulary, "--tokenizer-kind", "open_clip", "--context-length", "24"]
    let foreign = try classify([folder("model.onnx"), workshop.picture] + flags)
    try expectSame(foreign.0, own.0)
    #expect(foreign.notes.contains { $0.contains("OpenAI's (assumed") })
    let pictures = [
      "--mean", "0.48145466,0.4578275,0.40821073", "--std", "0.26862954,0.26130258,0.27577711", "--interpolation",
      "bicubic", "--resize-mode", "shortest",
    ]
    let silent = try classify([folder("model.onnx"), workshop.picture] + flags + pictures)
    try expectSame(silent.0, own.0)
    #expect(silent.notes.isEmpty && silent.0.assumptions == nil, "\(silent.notes)")
    let other = try classify(
      [folder("model.onnx"), workshop.picture] + flags + ["--mean", "0.1,0.2,0.3", "--std", "1,2,3"])
    #expect(zip(other.0.scores, own.0.scores).contains { abs($0.probability - $1.probability) > 1e-6 })

    let complaint = try Clipgraph.run(
      ["classify", folder("model.onnx"), workshop.picture, "--labels", "a,b"])
    #expect(complaint.status == 1)
    #expect(complaint.errorLines.last?.contains("converter/fetch_assets") == true, "\(complaint.errors)")
  }

  /// A number of items that is fixed, captions of a fixed length, and logits alone.
  @Test(arguments: [ForeignModel.openCLIP, ForeignModel.logits])
  func fixedSizesAreFilledUp(names: [String: String]) throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    try ForeignModel(names: names, batch: 2, length: 24).write(workshop.model, to: folder("model.onnx"))
    let own = try classify([workshop.model, workshop.picture])
    let foreign = try classify(
      [folder("model.onnx"), workshop.picture, "--tokenizer", workshop.vocabulary, "--tokenizer-kind", "open_clip"])
    try expectSame(foreign.0, own.0)
    #expect(foreign.notes.contains { $0.contains("batch: 2") })
  }

  @Test func towersMayBeFilesOfTheirOwn() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let image = ["image": "pixel_values", "image_features": "image_embeds"]
    let text = ["text": "input_ids", "text_features": "text_embeds"]
    try ForeignModel(names: image).write(workshop.model, to: folder("vision_model.onnx"))
    try ForeignModel(names: text).write(workshop.model, to: folder("text_model.onnx"))
    let flags = [
      "--image-model", folder("vision_model.onnx"), "--text-model", folder("text_model.onnx"), "--tokenizer",
      workshop.vocabulary, "--tokenizer-kind", "open_clip", "--context-length", "24",
    ]
    let own = try classify([workshop.model, workshop.picture])
    try expectSame(try classify([workshop.picture] + flags).0, own.0)

    for (flag, path, output) in [
      ("--image-model", "vision_model.onnx", "image_features"), ("--text-model", "text_model.onnx", "text_features"),
    ] {
      let wanted = flag == "--image-model" ? ["--images", workshop.picture] : ["--texts", "a red circle"]
      let outcome = try Clipgraph.run(
        ["embed", flag, folder(path)] + wanted + flags.dropFirst(4) + ["-o", folder("features.safetensors")])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let own = try Clipgraph.run(["embed", workshop.model] + wanted + ["-o", folder("own.safetensors")])
      #expect(own.status == 0 && own.errors.isEmpty)
      let (a, b) = (
        try Safetensors(contentsOf: folder("features.safetensors")),
        try Safetensors(contentsOf: folder("own.safetensors"))
      )
      let (x, y) = (try #require(a[output]).values(as: Float.self), try #require(b[output]).values(as: Float.self))
      #expect(x.count == y.count && zip(x, y).allSatisfy { abs($0 - $1) < 1e-4 })
      #expect((a.metadata["assumptions"] != nil) == (flag == "--image-model") && b.metadata["assumptions"] == nil)
    }
    let missing = try Clipgraph.run([
      "embed", folder("text_model.onnx"), "--images", workshop.picture, "-o", folder("x"),
    ])
    #expect(missing.status == 1 && missing.errors.contains("input_ids"), "\(missing.errors)")
  }

  @Test func benchAndInspectKnowThem() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    try ForeignModel(names: ForeignModel.huggingFace, batch: 3).write(workshop.model, to: folder("model.onnx"))
    for tower in ["image", "text"] {
      let outcome = try Clipgraph.run(
        ["bench", folder("model.onnx"), "--tower", tower, "--rounds", "2", "--context-length", "24"])
      #expect(outcome.status == 0 && outcome.output.contains("batch 3"), "\(outcome.errors)")
    }
    #expect(try Clipgraph.fail("bench", folder("model.onnx"), "--tower", "image", "--batch", "2").contains("3 items"))
    let text = try Clipgraph.succeed("inspect", folder("model.onnx"), "--optimized")
    for word in ["entry points", "pixel_values", "→ text_embeds", "assumptions", "after the passes", "SelfAttention"] {
      #expect(text.contains(word), "\(word)")
    }
  }

  @Test func aVocabularyThatDoesNotFitIsRefused() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    try Clipgraph.succeed("vocabulary", "--captions", workshop.data, "--size", "600", "-o", folder("large.bpe"))
    try ForeignModel(names: ForeignModel.openCLIP).write(workshop.model, to: folder("model.onnx"))
    let outcome = try Clipgraph.run(
      ["classify", folder("model.onnx"), workshop.picture, "--labels", "a,b", "--tokenizer", folder("large.bpe")])
    #expect(outcome.status == 1 && outcome.errors.contains("the model knows 560"), "\(outcome.errors)")
  }
}
