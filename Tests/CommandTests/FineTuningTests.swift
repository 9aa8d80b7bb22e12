import Foundation
import Testing

/// `clipgraph make-trainable`, `train` with logs and validation, and `plot`.
struct FineTuningTests {
  private struct Line: Decodable {
    struct Validation: Decodable {
      struct Recall: Decodable {
        var r1, r5, r10: Double
      }
      var loss: Double
      var image_to_text, text_to_image: Recall
      var zero_shot_accuracy: Double
    }
    var step: Int
    var loss, lr, scale, samples_per_second, data_wait: Double?
    var validation: Validation?
  }

  private func lines(_ path: String) throws -> [Line] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }

  @Test func aTrainedModelIsTunedWithALockedTower() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let said = try Clipgraph.succeed(
      "make-trainable", workshop.model, "-o", folder("tune.onnx"), "--lock-image", "--unlock-last", "1", "--steps", "4",
      "--warmup", "1", "--grad-clip", "1", "--cooldown", "2")
    #expect(said.contains("stay; softmax loss"))
    try Clipgraph.succeed(
      "train", folder("tune.onnx"), "--data", workshop.data, "-o", folder("out.onnx"), "--batch-size", "8",
      "--metrics", folder("metrics.jsonl"), "--tensorboard", folder("events"), "--val-data", workshop.testData,
      "--zero-shot-data", workshop.testData, "--val-every", "2")
    let lines = try lines(folder("metrics.jsonl"))
    #expect(lines.map(\.step) == [1, 2, 2, 3, 4, 4])
    let steps = lines.filter { $0.validation == nil }
    #expect(steps.allSatisfy { ($0.loss ?? 0) > 0 && ($0.scale ?? 0) > 1 && ($0.data_wait ?? -1) >= 0 })
    let rates = steps.compactMap(\.lr)
    #expect(rates[0] == rates[1] && rates[2] == rates[0] && abs(rates[3] - rates[0] / 2) < 1e-8)
    let found = try #require(lines.last?.validation)
    #expect(found.loss > 0 && found.image_to_text.r1 <= found.image_to_text.r5)
    #expect(found.text_to_image.r5 <= found.text_to_image.r10 && (0...1).contains(found.zero_shot_accuracy))
    let events = try #require(try FileManager.default.contentsOfDirectory(atPath: folder("events")).first)
    #expect(events.hasPrefix("events.out.tfevents."))
    try Clipgraph.succeed("plot", folder("metrics.jsonl"), "-o", folder("curves.svg"))
    let svg = try String(contentsOfFile: folder("curves.svg"), encoding: .utf8)
    for title in ["loss (dots: validation)", "learning rate", "scale of the logits", "samples per second", "zero-shot"]
    {
      #expect(svg.contains(title), "\(title)")
    }
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.components(separatedBy: "<g ").count == svg.components(separatedBy: "</g>").count)
    let records = try self.records(folder("events") + "/" + events)
    #expect(records.count == 1 + lines.count)
    #expect(records.first?.range(of: Data("brain.Event:2".utf8)) != nil)
    #expect(records.last?.range(of: Data("validation/text_to_image_r10".utf8)) != nil)
  }

  /// The data of all TFRecords in a file, whose checksums are right: CRC-32C bit by bit, rotated and shifted.
  private func records(_ path: String) throws -> [Data] {
    func masked(_ bytes: Data) -> UInt32 {
      var sum: UInt32 = 0xffff_ffff
      for byte in bytes {
        sum ^= UInt32(byte)
        for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0x82f6_3b78 : sum >> 1 }
      }
      sum = ~sum
      return ((sum >> 15) | (sum << 17)) &+ 0xa282_ead8
    }
    func number(_ bytes: Data) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    var rest = try Data(contentsOf: URL(fileURLWithPath: path))
    var result: [Data] = []
    while rest.count >= 16 {
      let length = Int(number(rest.prefix(8)))
      #expect(number(rest.dropFirst(8).prefix(4)) == UInt64(masked(rest.prefix(8))))
      let data = rest.dropFirst(12).prefix(length)
      #expect(number(rest.dropFirst(12 + length).prefix(4)) == UInt64(masked(data)))
      result.append(Data(data))
      rest = rest.dropFirst(16 + length)
    }
    #expect(rest.isEmpty)
    return result
  }

  @Test func aResumedRunGoesOnInTheSameMetrics() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    func train(_ more: String...) throws {
      let outcome = try Clipgraph.run(
        [
          "train", workshop.training, "--data", workshop.data, "-o", folder("out.onnx"), "--batch-size", "8",
          "--checkpoint", folder("state.onnx"), "--metrics", folder("metrics.jsonl"),
        ] + more)
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
    try train("--steps", "2")
    // Steps behind the checkpoint are taken again, and a line may be torn.
    let torn = try String(contentsOfFile: folder("metrics.jsonl"), encoding: .utf8) + "{\"step\":3,\"loss\":1}\n{\"st"
    try torn.write(toFile: folder("metrics.jsonl"), atomically: true, encoding: .utf8)
    try train("--steps", "4", "--resume")
    #expect(try lines(folder("metrics.jsonl")).map(\.step) == [1, 2, 3, 4])
  }

  @Test func mistakesAreTold() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    #expect(
      try Clipgraph.fail("make-trainable", workshop.model, "-o", folder("t.onnx"), "--freeze", "nothing.*")
        .contains("no parameter nothing.*"))
    #expect(
      try Clipgraph.fail(
        "train", workshop.training, "--data", workshop.data, "-o", folder("o.onnx"), "--grad-clip", "1"
      ).contains("clipgraph make-trainable"))
    let broken = try folder.write("broken.jsonl", "{\"step\":1,\"loss\":2}\nno json\n".utf8)
    #expect(try Clipgraph.fail("plot", broken, "-o", folder("c.svg")).contains("line 2"))
    let empty = try folder.write("empty.jsonl", [])
    #expect(try Clipgraph.fail("plot", empty, "-o", folder("c.svg")).contains("no step"))
    for numbers in ["\"loss\":1e308", "\"loss\":-1e308", "\"loss\":0,\"lr\":5e-324"] {
      let line = "{\"step\":1,\(numbers),\"scale\":1,\"samples_per_second\":1,\"data_wait\":0}\n"
      let strange = try folder.write("strange.jsonl", Array(line.utf8))
      try Clipgraph.succeed("plot", strange, "-o", folder("d.svg"))
    }
    #expect(try Clipgraph.fail("plot", folder("none.jsonl"), "-o", folder("c.svg")).contains("cannot be read"))
  }
}
