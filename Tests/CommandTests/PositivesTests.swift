import Foundation
import Testing
import TrainingGraphs

@testable import Training

/// `--positives caption` of `export`, `convert` and `make-trainable`.
struct PositivesTests {
  private struct Line: Decodable {
    var loss: Double?
  }

  private let folder: TemporaryFolder
  private let workshop: Workshop

  init() throws { (folder, workshop) = (try TemporaryFolder(), try Workshop.shared()) }

  /// A table with one picture under these captions.
  private func table(_ name: String, _ captions: [String]) throws -> String {
    let lines = ["filepath,title"] + captions.map { "\(workshop.picture),\($0)" }
    return try folder.write(name, Array(lines.joined(separator: "\n").utf8))
  }

  /// The losses of three steps on batches of four.
  private func losses(_ file: String, _ table: String, _ more: String...) throws -> [Double] {
    let metrics = folder("\(UUID().uuidString).jsonl")
    let outcome = try Clipgraph.run(
      [
        "train", file, "--data", table, "-o", folder("out.onnx"), "--batch-size", "4", "--steps", "3", "--metrics",
        metrics,
      ] + more)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let lines = try String(contentsOfFile: metrics, encoding: .utf8).split(separator: "\n")
    let losses = try lines.compactMap { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).loss }
    try #require(losses.count == 3)
    return losses
  }

  private func expectEqual(_ a: [Double], _ b: [Double], within tolerance: Double = 1e-6) {
    #expect(zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, $1) }, "\(a) and \(b)")
  }

  private let distinct = ["a red circle", "a blue square", "two green stars", "nothing at all"]

  @Test func distinctCaptionsTrainAsWithoutTheOption() throws {
    let data = try table("distinct.csv", distinct)
    try Clipgraph.succeed(
      "export", workshop.folder("tiny.json"), "-o", folder("caption.onnx"), "--training", "--positives", "caption",
      "--vocabulary", workshop.vocabulary, "--lr", "1e-3", "--warmup", "2", "--steps", "100")
    #expect(try Clipgraph.succeed("inspect", folder("caption.onnx")).contains("positives: caption"))
    #expect(try Clipgraph.succeed("inspect", workshop.training).contains("positives: pair"))
    expectEqual(try losses(folder("caption.onnx"), data), try losses(workshop.training, data))
  }

  @Test func identicalCaptionsDrawTheirPicturesTogether() throws {
    for positives in ["pair", "caption"] {
      let said = try Clipgraph.succeed(
        "make-trainable", workshop.training, "-o", folder("\(positives).onnx"), "--loss", "sigmoid", "--positives",
        positives)
      #expect(said.contains("identical captions belong together") == (positives == "caption"))
    }
    let (pair, caption) = (folder("pair.onnx"), folder("caption.onnx"))
    let apart = try table("distinct.csv", distinct)
    expectEqual(try losses(caption, apart), try losses(pair, apart))
    // The tokenizer knows no upper case.
    let data = try table("same.csv", ["a red circle", "A red circle", "a blue square", "a RED circle"])
    let whole = try losses(caption, data)
    #expect(try abs(losses(pair, data)[0] - whole[0]) > 1e-2)
    expectEqual(try losses(caption, data, "--micro-batch", "1"), whole, within: 1e-5)
    expectEqual(try losses(caption, data, "--memory-limit", "1G"), whole, within: 1e-5)
  }

  @Test func theOptionBelongsToTraining() throws {
    for command in [["export", "tiny"], ["convert", workshop.model]] {
      let outcome = try Clipgraph.run(command + ["-o", folder("f.onnx"), "--positives", "caption"])
      #expect(outcome.status == 64 && outcome.errors.contains("--positives belongs to the training algorithm"))
    }
  }

  /// The dense formulas, with targets written out.
  @Test func validationCountsIdenticalCaptionsToo() {
    let z: [[Double]] = [[2, -1, 0.5], [0.25, 1, -2], [1.5, 0, 3]]
    let targets: [[Double]] = [[0.5, 0, 0.5], [0, 1, 0], [0.5, 0, 0.5]]
    var (softmax, sigmoid) = (0.0, 0.0)
    for i in 0..<3 {
      for j in 0..<3 {
        let (row, column) = (z[i].reduce(0) { $0 + exp($1) }, z.reduce(0) { $0 + exp($1[j]) })
        let (logit, target) = (z[i][j], targets[i][j])
        softmax -= target * (2 * logit - log(row) - log(column)) / 6
        sigmoid += log(1 + exp(target > 0 ? -logit : logit)) / 3
      }
    }
    let recipes = Recipe.Loss.allCases.map { Recipe(loss: $0, positives: .caption) }
    expectEqual(recipes.map { $0.loss(of: z, groups: [4, 1, 4]) }, [softmax, sigmoid], within: 1e-12)
  }
}
