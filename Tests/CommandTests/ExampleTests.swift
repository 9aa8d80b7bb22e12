import Foundation
import Testing

/// The programs of `examples/`, as a reader of them would run them.
struct ExampleTests {
  private func run(_ name: String, _ arguments: String...) throws -> [String] {
    let path = URL(fileURLWithPath: Clipgraph.path).deletingLastPathComponent().appendingPathComponent(name).path
    let outcome = try RunningClipgraph(arguments, executable: path).finish()
    try #require(outcome.status == 0, "\(name): \(outcome.errors)")
    return outcome.outputLines
  }

  @Test func classify() throws {
    let workshop = try Workshop.shared()
    let lines = try run("ExampleClassify", workshop.model, "red circle,blue square", workshop.picture)
    #expect(lines.count == 2)
    #expect(lines[0].contains("red circle (") || lines[0].contains("blue square ("))
    #expect(lines[1].contains("cosine"))
  }

  @Test func train() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let lines = try run("ExampleTrain", workshop.training, workshop.data, folder("out.onnx"), "2")
    #expect(lines.first?.hasPrefix("step 2 of 2: loss ") == true, "\(lines)")
    #expect(try Clipgraph.succeed("inspect", folder("out.onnx")).contains("image_features"))
  }

  @Test func inspectGraph() throws {
    let workshop = try Workshop.shared()
    let lines = try run("ExampleInspectGraph", workshop.model, "batch=8", "sequence=24")
    #expect(lines.contains { $0.hasPrefix("AbsorbedAttention: 0 → ") })
    #expect(lines.contains { $0.hasPrefix("arena ") })
  }

  @Test func addOperator() throws {
    let lines = try run("ExampleAddOperator")
    #expect(lines.contains("softplus(0.0) = 0.6931472, slope 0.5"), "\(lines)")
    #expect(lines.contains { $0.hasPrefix("softplus(100.0) = 100.0") }, "\(lines)")
  }
}
