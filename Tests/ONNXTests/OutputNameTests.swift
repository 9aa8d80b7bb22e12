import Graphs
import Tensors
import Testing

@testable import ONNX

/// Outputs and the values behind them, which have one name in a file; and what a file says of its origin.
struct OutputNameTests {
  @Test func anotherValueMakesWay() throws {
    let graph = try Graph.build("net") { b in
      let x = b.input("x", .float32, [2, 2])
      let inner = b.apply(Relu(), [x]).named("y")
      b.output("y", b.apply(Add(), [inner, inner], name: "y/Cast"))
      b.output("z", inner)
    }
    let back = try RoundTripTests.read(Model(graph: graph)).graph
    #expect(back.outputs.map(\.name) == ["y", "z"])
    #expect(back.nodes.map(\.op.name) == ["Relu", "Add"])
    #expect(back.outputs.map { back.producers[$0.value] } == [1, 0])
  }

  @Test func anInputDoesNot() throws {
    let graph = try Graph.build("net") { b in
      let x = b.input("x", .float32, [2, 2])
      b.output("x", b.apply(Relu(), [x]))
    }
    #expect(throws: ONNXError.self) { try Model(graph: graph).serialized() }
  }

  @Test func originAndImportsSurvive() throws {
    var wire = WireModel.of([WireNode(name: "n", type: "Relu", inputs: ["x"], outputs: ["y"])])
    (wire.producerName, wire.producerVersion) = ("pytorch", "2.9")
    wire.imports += [("org.example.unused", 3)]
    wire.metadata = [WireEntry(key: "k", value: "v")]
    wire.documentation = "what it is"
    let model = try wire.read()
    let again = try ModelWriter(model, WriteOptions()).wire()
    #expect(again.producerName == "pytorch" && again.producerVersion == "2.9")
    #expect(again.imports.map(\.domain) == ["", "org.example.unused"])
    #expect(again.metadata.map(\.key) == ["k"] && again.documentation == "what it is")
    #expect(try ModelWriter(Model(graph: model.graph), WriteOptions()).wire().producerName == "ClipGraph")
  }
}
