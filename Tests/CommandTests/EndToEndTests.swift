import Checkpoints
import Foundation
import Tensors
import Testing

/// The commands on a tiny model: what one writes, the next reads.
struct EndToEndTests {
  private struct Scores: Decodable {
    struct Score: Decodable {
      var label: String
      var probability: Double
    }
    var image: String
    var scores: [Score]
  }

  private func json<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }

  @Test func classifyGivesProbabilities() throws {
    let workshop = try Workshop.shared()
    let labels = ["red circle", "blue square", "green star"]
    let output = try Clipgraph.succeed(
      "classify", workshop.model, workshop.picture, workshop.picture, "--labels", labels.joined(separator: ", "),
      "--template", "a {}", "--template", "a picture of a {}", "--json")
    let results = try json([Scores].self, output)
    #expect(results.count == 2)
    for result in results {
      #expect(result.image == workshop.picture)
      #expect(Set(result.scores.map(\.label)) == Set(labels))
      #expect(abs(result.scores.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
      #expect(result.scores.map(\.probability) == result.scores.map(\.probability).sorted(by: >))
    }
    let best = try Clipgraph.succeed(
      "classify", workshop.model, workshop.picture, "--labels", labels.joined(separator: ","), "--template", "a {}",
      "--template", "a picture of a {}", "--top", "1")
    #expect(best.split(separator: "\n").count == 1)
    #expect(best.hasSuffix("\t\(results[0].scores[0].label)\n"))
  }

  @Test func embedAndRunAgree() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    try Clipgraph.succeed(
      "embed", workshop.model, "--images", workshop.picture, "--texts", "a red circle", "a blue square", "-o",
      folder("features.safetensors"))
    let file = try Safetensors(contentsOf: folder("features.safetensors"))
    let features = try #require(file["image_features"])
    #expect(features.sizes == [1, 24])
    #expect(file["text_features"]?.sizes == [2, 24])
    #expect(try json([String].self, file.metadata["texts"] ?? "") == ["a red circle", "a blue square"])

    try Clipgraph.succeed("preprocess", workshop.picture, "--size", "32", "-o", folder("pixels.safetensors"))
    let pixels = try #require(try Safetensors(contentsOf: folder("pixels.safetensors"))["pixels"])
    try Safetensors([("image", try pixels.reshaped([1, 3, 32, 32]))]).write(to: folder("in.safetensors"))
    for flags in [[], ["--unoptimized"]] {
      let outcome = try Clipgraph.run(
        ["run", workshop.model, "--inputs", folder("in.safetensors"), "--outputs", folder("out.safetensors")]
          + ["--only", "image_features"] + flags)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let output = try Safetensors(contentsOf: folder("out.safetensors"))
      #expect(output.tensors.map(\.name) == ["image_features"])
      let values = try #require(output["image_features"]).values(as: Float.self)
      let expected = features.values(as: Float.self)
      let scale = expected.map(abs).max() ?? 0
      for (a, b) in zip(values, expected) { #expect(abs(a - b) <= 1e-5 * scale) }
    }
  }

  @Test func aStepFromTheCommandLineCounts() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let values = (0..<6_144).map { (position: Int) -> Float in Float(position % 17) / 17 }
    let image = NDArray(values, [2, 3, 32, 32])
    let text = NDArray([558, 1, 2, 559, 558, 3, 559, 0] as [Int64], [2, 4])
    try Safetensors([("image", image), ("text", text)]).write(to: folder("in.safetensors"))
    try Clipgraph.succeed(
      "run", workshop.training, "--inputs", folder("in.safetensors"), "--outputs", folder("out.safetensors"), "--train",
      "--save", folder("next.onnx"))
    let loss = try #require(try Safetensors(contentsOf: folder("out.safetensors"))["loss"]).values(as: Float.self)
    #expect(loss.count == 1 && loss[0].isFinite && loss[0] > 0)
    #expect(try Clipgraph.succeed("inspect", folder("next.onnx")).contains("steps taken: 1"))
    #expect(try Clipgraph.succeed("inspect", workshop.training).contains("steps taken: 0"))
  }

  @Test func evaluateCountsBothKindsOfLabels() throws {
    struct Report: Decodable {
      var samples: Int
      var correct: Int
      var accuracy: Double
    }
    let workshop = try Workshop.shared()
    let report = try json(
      Report.self, try Clipgraph.succeed("evaluate", workshop.model, "--data", workshop.testData, "--json"))
    #expect(report.samples == 12)
    #expect(report.accuracy == Double(report.correct) / 12)
    let message = try Clipgraph.fail("evaluate", workshop.model, "--data", workshop.testData, "--labels", "a,b")
    #expect(message.contains("KEY.cls"))
  }

  @Test func inspectShowsTheParts() throws {
    struct Report: Decodable {
      struct Summary: Decodable {
        var parameters: Int
        var nodes: Int
      }
      struct Program: Decodable {
        var flops: Int
        var arenaBytes: Int
        var tensorBytes: Int
        var lowerBoundBytes: Int
      }
      var summary: Summary
      var program: Program
    }
    let workshop = try Workshop.shared()
    let text = try Clipgraph.succeed("inspect", workshop.training, "--memory")
    for word in [
      "image", "f32[batch, 3, 32, 32]", "text_features", "clip.tokenizer", "hyperparameter.learning_rate", "arena",
    ] {
      #expect(text.contains(word), "\(word)")
    }
    let one = try json(Report.self, try Clipgraph.succeed("inspect", workshop.model, "--json"))
    let eight = try json(Report.self, try Clipgraph.succeed("inspect", workshop.model, "--dim", "batch=8", "--json"))
    #expect(one.summary.parameters == eight.summary.parameters)
    #expect(eight.program.flops > 7 * one.program.flops)
    #expect(one.program.lowerBoundBytes <= one.program.arenaBytes && one.program.arenaBytes < one.program.tensorBytes)
    let graphs = try Clipgraph.succeed("inspect", workshop.model, "--optimized")
    #expect(graphs.contains("before the passes") && graphs.contains("AbsorbedAttention("))
    let rule = try Clipgraph.succeed("inspect", workshop.model, "--explain", "FuseSelfAttention")
    #expect(rule.contains("FuseSelfAttention: applied 2 times"))
    #expect(try Clipgraph.fail("inspect", workshop.model, "--explain", "FuseNothing").contains("FuseSelfAttention"))
  }

  @Test func exportIsDecidedByItsSeed() throws {
    let folder = try TemporaryFolder()
    for (name, seed) in [("a", "1"), ("b", "1"), ("c", "2")] {
      try Clipgraph.succeed("export", "tiny", "-o", folder(name), "--seed", seed)
    }
    let files = try ["a", "b", "c"].map { try Data(contentsOf: URL(fileURLWithPath: folder($0))) }
    #expect(files[0] == files[1])
    #expect(files[0] != files[2])
    try Clipgraph.succeed("export", "tiny", "-o", folder("image.onnx"), "--tower", "image")
    let tower = try Clipgraph.succeed("inspect", folder("image.onnx"))
    #expect(tower.contains("image_features") && !tower.contains("text_features"))
    #expect(try Clipgraph.succeed("export", "--list").contains("ViT-B-32"))
  }

  @Test func tokenizeGivesIdentifiers() throws {
    let workshop = try Workshop.shared()
    let output = try Clipgraph.succeed(
      "tokenize", "--vocabulary", workshop.vocabulary, "--kind", "hugging-face",
      input: "\"a red circle\"\n\"\\u0061\"\n\"\"\n")
    let rows = try output.split(separator: "\n").map { try json([Int].self, String($0)) }
    #expect(rows.count == 3)
    #expect(rows[0].count >= 3 && rows[0].first == rows[1].first && rows[1].count == 1 && rows[2].isEmpty)
  }
}
