import CLIPModel
import ClipGraph
import Foundation
import Graphs
import Tensors
import Testing

/// Files of others as CLIPs: their entry points, and what comes out of them.
@Suite(
  "Entry points of others",
  .enabled(if: Wild.isThere, "onnx/wild is not beside this checkout (CLIPGRAPH_SHARED), or there is no Python"))
struct WildEntryTests {
  /// Files that give features; a classifier on top of a tower gives none.
  static let names = Wild.names.filter {
    !Set(WildTests.refused.values.joined()).contains($0) && !$0.contains("zeroshot")
  }

  private func rows(_ array: NDArray) throws -> Embeddings {
    let numbers = try #require(array.doubles)
    return Embeddings(rows: array.sizes[0], width: array.sizes[1], values: numbers.map { Float($0) })
  }

  /// Features of the tower, from the inputs that its entry names.
  private func features(
    _ points: EntryPoints, _ tower: Tower, _ engine: Engine, _ inputs: [String: NDArray]
  ) throws -> Embeddings? {
    guard let entry = points.entry(tower) else { return nil }
    var given = inputs.filter { $0.key == entry.input }
    if tower == .text { given.merge(inputs.filter { points.companions.map(\.name).contains($0.key) }) { $1 } }
    return try rows(try #require(try engine.run(given, outputs: [entry.output])[entry.output]))
  }

  @Test(arguments: names)
  func towersAreFound(name: String) throws {
    let points = EntryPoints(try readModel(Wild.path(name)).graph)
    let engine = try Engine(points.graph, compilation: .inference, threads: 1)
    let bound = Wild.tolerance(name).maximum
    for run in try Wild.runs(name) {
      let (image, text) = (
        try features(points, .image, engine, run.inputs), try features(points, .text, engine, run.inputs)
      )
      #expect((image != nil) == run.inputs.keys.contains { ["image", "pixel_values"].contains($0) })
      #expect((text != nil) == run.inputs.keys.contains { ["text", "input_ids"].contains($0) })
      for (key, truth) in run.outputs where key.hasSuffix("_features") || key.hasSuffix("_embeds") {
        let made = try #require(key.hasPrefix("image") ? image : text).normalised()
        let wanted = try rows(truth).normalised()
        #expect(made.rows == wanted.rows && made.width == wanted.width)
        #expect(zip(made.values, wanted.values).allSatisfy { abs($0 - $1) <= Float(4 * bound) }, "\(key)")
      }
    }
  }

  /// Softmax over the file's own logits is softmax over scaled cosines: the scale is theirs.
  @Test(arguments: names.filter { $0.contains("whole") })
  func theScaleIsTheirs(name: String) throws {
    let clip = try CLIP(contentsOf: Wild.path(name), options: CLIP.Options(threads: 1))
    let points = EntryPoints(clip.model.graph)
    let run = try #require(try Wild.runs(name).first)
    let image = try #require(try features(points, .image, clip.engine, run.inputs)).normalised()
    let text = try #require(try features(points, .text, clip.engine, run.inputs)).normalised()
    let logits = try rows(try #require(run.outputs["logits_per_image"]))
    let bound = 20 * Wild.tolerance(name).maximum
    for (row, cosines) in image.similarities(to: text).enumerated() {
      let ours = clip.softmax(cosines)
      let largest = logits[row].max() ?? 0
      let powers = logits[row].map { exp(Double($0 - largest)) }
      for (a, b) in zip(ours, powers) { #expect(abs(Double(a) - b / powers.reduce(0, +)) <= bound) }
    }
    #expect(clip.assumptions.contains { $0.subject == "logit scale" && !$0.source.contains("assumed") })
  }
}
