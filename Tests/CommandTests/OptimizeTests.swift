import ClipGraph
import Foundation
import Graphs
import Tensors
import Testing

/// `clipgraph optimize`, and `--opset`.
struct OptimizeTests {
  private struct Report: Decodable {
    struct Use: Decodable {
      var name: String
      var count: Int
    }
    var nodesBefore: Int
    var nodesAfter: Int
    var operators: [Use]
  }

  @Test(arguments: ["17", "20", "23"])
  func theFileAnswersAsBefore(opset: String) throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let output = try Clipgraph.succeed(
      "optimize", workshop.model, "-o", folder("fused.onnx"), "--opset", opset, "--json")
    let report = try JSONDecoder().decode(Report.self, from: Data(output.utf8))
    #expect(report.nodesAfter * 2 < report.nodesBefore)
    #expect(report.operators.contains { $0.name == "AbsorbedAttention" && $0.count == 2 })
    #expect(report.operators.reduce(0) { $0 + $1.count } == report.nodesAfter)
    let question = [workshop.picture, "--labels", "red circle,blue square", "--template", "a {}"]
    let answers = try [workshop.model, folder("fused.onnx")].map { file in
      try Clipgraph.run(["classify", file] + question).output
    }
    #expect(answers[0] == answers[1] && !answers[0].isEmpty)
    let (before, after) = (try readModel(workshop.model), try readModel(folder("fused.onnx")))
    #expect(before.metadata.elementsEqual(after.metadata) { $0 == $1 })
    #expect(before.documentation == after.documentation && after.producer.name == "ClipGraph")
    // Still symbolic.
    #expect(after.graph.symbols == ["batch", "sequence"])
  }

  @Test func defaultsThatAreFixedAreNamed() throws {
    let folder = try TemporaryFolder()
    var graph = try Graph.build("g") { b in
      b.output("y", b.input("x", .float32, [.symbol("n"), 2]))
      b.output("z", b.parameter("bias", NDArray([Float(1), 2], [2])))
    }
    graph.defaults = ["bias"]
    try writeModel(Model(graph: graph), to: folder("g.onnx"))
    #expect(try readModel(folder("g.onnx")).graph.defaults == ["bias"])
    let said = try Clipgraph.succeed("optimize", folder("g.onnx"), "-o", folder("h.onnx"))
    #expect(said.contains("became constants: bias (1)"), "\(said)")
    #expect(try readModel(folder("h.onnx")).graph.defaults.isEmpty)
  }

  @Test func aTrainingAlgorithmIsNotDroppedInSilence() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let message = try Clipgraph.fail("optimize", workshop.training, "-o", folder("fused.onnx"))
    #expect(message.contains("--inference-only") && folder.names.isEmpty)
    try Clipgraph.succeed("optimize", workshop.training, "-o", folder("fused.onnx"), "--inference-only")
    #expect(try readModel(folder("fused.onnx")).training == nil)
  }

  @Test func exportSpellsInTheVersionThatIsAsked() throws {
    let folder = try TemporaryFolder()
    for (opset, hasAttention, hasGelu) in [("17", false, false), ("20", false, true), ("23", true, true)] {
      let path = folder("\(opset).onnx")
      try Clipgraph.succeed("export", "tiny", "-o", path, "--opset", opset)
      let names = Set(try readModel(path).graph.nodes.map(\.op.name))
      #expect(names.contains("Attention") == hasAttention, "\(opset)")
      #expect(names.contains("Gelu") == hasGelu || names.contains("Sigmoid"), "\(opset)")
    }
    let outcome = try Clipgraph.run(["export", "tiny", "-o", folder("x.onnx"), "--opset", "99"])
    #expect(outcome.status == 64 && outcome.errors.contains("17 ... 24"))
  }
}
