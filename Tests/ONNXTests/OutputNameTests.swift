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
    let back = try RoundTripTests.read(Model(graph: graph))
    #expect(back.graph.outputs.map(\.name) == ["y", "z"])
    #expect(back.graph.outputs.map { back.graph[$0.value].name } == ["y", "z"])
    // No notation is needed for either.
    #expect(try ModelWriter(Model(graph: graph), WriteOptions()).wire().graph?.nodes.map(\.type) == ["Relu", "Add"])
  }

  @Test func inputsAndSharedValuesKeepTheirNames() throws {
    let graph = try Graph.build("net") { b in
      let x = b.input("x", .float32, [2, 2])
      let y = b.apply(Relu(), [x]).named("y")
      b.output("same", x)
      b.output("y", y)
      b.output("again", y)
    }
    let back = try RoundTripTests.read(Model(graph: graph))
    #expect(back.graph.inputs.map { back.graph[$0].name } == ["x"])
    #expect(back.graph.outputs.map(\.name) == ["same", "y", "again"])
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
