import Foundation
import Testing

/// `clipgraph train` on a tiny file: where it ends, how it stops, how it goes on.
struct TrainTests {
  private struct Line: Decodable {
    var step: Int
    var loss: Double?
    var total_steps: Int?
    var end: String?
    var samples: Int?
  }

  private func lines(_ output: String) throws -> [Line] {
    try output.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  @Test func everyStepIsReported() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let output = try Clipgraph.succeed(
      "train", workshop.training, "--data", workshop.data, "-o", folder("out.onnx"), "--batch-size", "8", "--steps",
      "3",
      "--json", "--log-every", "1")
    let report = try lines(output)
    #expect(report.map(\.step) == [1, 2, 3, 3])
    #expect(report.dropLast().allSatisfy { ($0.loss ?? .nan) > 0 && $0.total_steps == 3 })
    #expect(report.last?.end == "finished" && report.last?.samples == 24)
    #expect(folder.names == ["out.onnx"])
  }

  @Test func epochsCountSamples() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let output = try Clipgraph.succeed(
      "train", workshop.training, "--data", workshop.data, "-o", folder("out.onnx"), "--batch-size", "32", "--epochs",
      "2",
      "--json")
    // 80 pictures, twice, 32 at a time.
    #expect(try lines(output).last?.step == 5)
    let resampled = try Clipgraph.succeed(
      "train", workshop.training, "--data", workshop.data, "-o", folder("out.onnx"), "--batch-size", "8", "--epochs",
      "2", "--samples-per-epoch", "20", "--resampled", "--json")
    #expect(try lines(resampled).last?.step == 5)
  }

  @Test func resumingGoesOnFromTheCheckpoint() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let common = [
      "train", workshop.training, "--data", workshop.data, "-o", folder("out.onnx"), "--batch-size", "8",
      "--checkpoint",
      folder("state.onnx"), "--json", "--log-every", "1",
    ]
    let missing = try Clipgraph.run(common + ["--steps", "4", "--resume"])
    #expect(missing.status == 1 && missing.errors.contains("leave --resume out"))
    #expect(try Clipgraph.run(common + ["--steps", "2"]).status == 0)
    let resized = try Clipgraph.run(common + ["--steps", "4", "--resume", "--image-size", "64"])
    #expect(resized.status == 64 && resized.errors.contains("--image-size"), "\(resized.errors)")
    let second = try Clipgraph.run(common + ["--steps", "4", "--resume"])
    #expect(try lines(second.output).map(\.step) == [3, 4, 4])
    let done = try Clipgraph.run(common + ["--steps", "4", "--resume"])
    #expect(done.status == 1 && done.errors.contains("has taken 4 steps already"))
    let again = try Clipgraph.run(
      [
        "train", folder("state.onnx"), "--data", workshop.data, "-o", folder("out.onnx"), "--batch-size", "8",
        "--steps", "1",
      ]
        + ["--reinitialize", "--json", "--log-every", "1"])
    #expect(try lines(again.output).map(\.step) == [1, 1])
  }

  @Test func anInterruptFinishesTheStepAndSavesIt() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let training = try RunningClipgraph([
      "train", workshop.training, "--data", workshop.data, "-o", folder("out.onnx"), "--batch-size", "8",
      "--checkpoint",
      folder("state.onnx"), "--steps", "1000000", "--json", "--log-every", "1",
    ])
    _ = try #require(training.line())
    training.interrupt()
    let outcome = training.finish()
    #expect(outcome.status == 130)
    #expect(outcome.errorLines.count == 1 && outcome.errors.contains("--resume"), "\(outcome.errors)")
    let last = try #require(try lines(outcome.output).last)
    #expect(last.end == "interrupted")
    #expect(folder.names == ["out.onnx", "state.onnx"])
    #expect(try Clipgraph.succeed("inspect", folder("state.onnx")).contains("steps taken: \(last.step)"))
    try Clipgraph.succeed("classify", folder("out.onnx"), workshop.picture, "--labels", "a circle,a square")
  }

  @Test func divergenceIsExplainedAndWritesNothing() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let message = try Clipgraph.fail(
      "train", workshop.training, "--data", workshop.data, "-o", folder("out.onnx"), "--checkpoint",
      folder("state.onnx"),
      "--batch-size", "8", "--lr", "1e30", "--warmup", "0", "--steps", "20")
    #expect(message.contains("diverged") && message.contains("--lr"), "\(message)")
    #expect(folder.names.isEmpty)
  }

  @Test func foreignFilesAreToldWhatTheyLack() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    try Clipgraph.succeed("export", "tiny", "-o", folder("bare.onnx"), "--training", "--steps", "5")
    let message = try Clipgraph.fail("train", folder("bare.onnx"), "--data", workshop.data, "-o", folder("out.onnx"))
    #expect(message.contains("--vocabulary"))
    #expect(
      try Clipgraph.fail("classify", folder("bare.onnx"), workshop.picture, "--labels", "a,b").contains("--tokenizer"))
  }
}
