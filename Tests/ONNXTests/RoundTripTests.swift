import Graphs
import Tensors
import Testing

@testable import ONNX

struct RoundTripTests {
  /// y = relu(x · W + b), its row sums, and x under another name.
  static func graph() throws -> Graph {
    try Graph.build("net") { b in
      let x = b.input("x", .float32, [.symbol("batch"), 4])
      let w = b.parameter("fc.weight", .ramp(4, 3))
      let bias = b.parameter("fc.bias", .ramp(3))
      let y = b.scoped("fc") { b.apply(Relu(), [b.apply(Add(), [b.apply(MatMul(), [x, w]), bias])]) }.named("y")
      let sums = b.apply(ReduceSum(axes: [-1], keepsDimensions: false), [y], name: "sum")
      let again = b.apply(ReduceSum(axes: [-1]), [y])
      let shape = b.apply(Shape(), [x])
      b.output("y", y)
      b.output("sums", sums)
      b.output("again", again)
      b.output("same", b.apply(Reshape(), [x, shape]))
      b.output("x_itself", x)
      b.output("weight_itself", w)
    }
  }

  static func read(_ model: Model, _ options: WriteOptions = WriteOptions()) throws -> Model {
    try Model(bytes: try model.serialized(options: options), catalogue: TestOperators.catalogue)
  }

  @Test func graphsComeBackAsTheyWere() throws {
    let graph = try Self.graph()
    var model = Model(graph: graph, metadata: [("clip.pooling", "argmax"), ("unknown key", "value ä")])
    model.documentation = "a network"
    let back = try Self.read(model)
    #expect(back.graph.words == graph.words)
    #expect(back.graph.name == "net")
    #expect(back.metadata.map(\.key) == ["clip.pooling", "unknown key"])
    #expect(back["unknown key"] == "value ä")
    #expect(back.documentation == "a network")
    #expect(back.training == nil)
    // What was read is written to the same bytes.
    #expect(try back.serialized() == model.serialized())
  }

  @Test(arguments: [11, 12, 13, 17, 18, 20, 24])
  func everyOpsetReadsWhatItWrote(opset: Int) throws {
    let graph = try Self.graph()
    let wire = try ModelWriter(Model(graph: graph), WriteOptions(opset: opset)).wire()
    let sums = try #require(wire.graph).nodes.filter { $0.type == "ReduceSum" }
    #expect(sums.allSatisfy { $0.inputs.count == (opset >= 13 ? 2 : 1) })
    #expect(try wire.read().graph.words == graph.words)
  }

  @Test func theFileIsWellDeclared() throws {
    let wire = try ModelWriter(Model(graph: try Self.graph()), WriteOptions()).wire()
    let graph = try #require(wire.graph)
    #expect(wire.irVersion == 8)
    #expect(wire.imports.map(\.domain) == [""])
    #expect(graph.initializers.map(\.name) == ["fc.weight", "fc.bias", "axes_-1"])
    #expect(graph.nodes.prefix(3).map(\.name) == ["fc/MatMul", "fc/Add", "fc/Relu"])
    // Every intermediate value has a type, and no output has two.
    let made = Set(graph.nodes.flatMap(\.outputs))
    let declared = graph.values.map(\.name) + graph.outputs.map(\.name)
    #expect(Set(declared) == made && declared.count == made.count)
    guard case .tensor(1, let extents?) = try #require(graph.outputs.first).kind, case .symbol("batch") = extents[0],
      case .size(3) = extents[1]
    else {
      Issue.record("y is not declared as f32[batch, 3]")
      return
    }
    #expect(
      graph.nodes.filter { $0.type == "Identity" }.flatMap(\.outputs) == [
        "sums", "again", "same", "x_itself", "weight_itself",
      ])
  }

  @Test func compositesOfTheInferenceGraphAreSpeltOut() throws {
    let graph = try Graph.build("g") { b in
      let x = b.input("x", .float32, [.symbol("n"), 4])
      b.output("y", b.apply(Late(), [b.apply(Affine(scale: 2, shift: 3), [x], name: "affine")], name: "late"))
    }
    let wire = try ModelWriter(Model(graph: graph), WriteOptions()).wire()
    #expect(try #require(wire.graph).nodes.map(\.type) == ["Mul", "Mul", "Add", "Relu", "Identity"])
    #expect(wire.functions.isEmpty)
    let back = try wire.read().graph
    #expect(back[back.outputs[0].value].name == "late")

    let newer = try ModelWriter(Model(graph: graph), WriteOptions(opset: 20)).wire()
    #expect(try #require(newer.graph).nodes.map(\.type) == ["Mul", "Mul", "Add", "Late", "Identity"])
    #expect(newer.irVersion == 9)
  }

  @Test func optimisedFilesKeepCompositesAsFunctions() throws {
    let graph = try Graph.build("g") { b in
      let x = b.input("x", .float32, [.symbol("n"), 4])
      b.output("y", b.apply(Late(), [b.apply(Affine(scale: 2, shift: 3), [x])]))
    }
    let wire = try ModelWriter(Model(graph: graph), WriteOptions(expandsInference: false)).wire()
    #expect(wire.functions.map(\.name) == ["Affine", "Late"])
    #expect(wire.imports.map(\.domain) == ["", Catalogue.domain])
    #expect(try wire.read().graph.words == graph.words)
  }

  @Test func operatorsWithoutFormAreListed() throws {
    let graph = try Graph.build("g") { b in
      let x = b.input("x", .float32, [4])
      b.output("y", b.apply(Opaque(), [b.apply(Opaque(), [x], name: "first")], name: "second"))
    }
    let words = complaint { try Model(graph: graph).serialized() }
    #expect(words.contains("Opaque at first; Opaque at second"))
    #expect(complaint { try Model(graph: graph).serialized(options: WriteOptions(opset: 99)) }.contains("opset 99"))
  }

  @Test func scalarTypesKeepTheirBits() throws {
    let arrays: [NDArray] = [
      NDArray([Float.nan, -.infinity, 0.5], [3]), NDArray([Double.pi], [1]), NDArray([Int64.min, .max], [2]),
      NDArray([Int32(-7)], []), NDArray([Int16(-7)], [1]), NDArray([Int8(-7)], [1]), NDArray([UInt8(200)], [1]),
      NDArray([UInt16(60000)], [1]), NDArray([UInt32.max], [1]), NDArray([UInt64.max], [1]),
      NDArray([true, false], [2]), NDArray([Float](), [0, 4]),
    ]
    let graph = try Graph.build("g") { b in
      for (index, array) in arrays.enumerated() { b.output("o\(index)", b.parameter("c\(index)", array)) }
    }
    let back = try Self.read(Model(graph: graph)).graph
    for (output, array) in zip(back.outputs, arrays) { #expect(back.constants[output.value] == array) }
  }
}
