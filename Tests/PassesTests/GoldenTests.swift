import Foundation
import Graphs
import Passes
import Testing

/// The printed graph of a transformer block, as declared, in primitives, and after the pipeline.
///
/// `RECORD_GOLDENS=1 swift test --filter GoldenTests` writes the files anew.
struct GoldenTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
  static let isRecording = ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil

  @Test(arguments: ["block", "block.primitives", "block.fused"])
  func block(name: String) throws {
    let declared = try Block.graph(causal: true, quickGELU: true, layers: 1)
    let graph =
      switch name {
      case "block": declared
      case "block.primitives": try declared.inPrimitives()
      default: try Pipeline.inference.run(declared.inPrimitives())
      }
    let file = Self.folder.appending(path: name + ".txt")
    if Self.isRecording { try graph.description.write(to: file, atomically: true, encoding: .utf8) }
    let golden = try String(contentsOf: file, encoding: .utf8)
    #expect(graph.description == golden, "run with RECORD_GOLDENS=1 if the change is wanted")
  }
}
