import Graphs
import Operators
import Tensors
import Testing

@testable import ONNX

/// Habits of other programs.
struct ForeignFileTests {
  private static func read(_ wire: WireModel) throws -> Model {
    try Model(bytes: try wire.bytes(), catalogue: .standard)
  }

  private static func pairs(producer: String) throws -> Model {
    var wire = WireModel.of(
      [
        WireNode(name: "a", type: "Flatten", inputs: ["image"], outputs: ["p"]),
        WireNode(
          name: "b", type: "Cast", inputs: ["text"], outputs: ["q"],
          attributes: [.init(name: "to", content: .value(.int(1)))]),
      ],
      inputs: [.tensor("text", 7, ["batch", 4]), .tensor("image", 1, ["batch", 3, 2, 2])], outputs: ["p", "q"])
    wire.producerName = producer
    return try read(wire)
  }

  @Test func imagesHaveABatchOfTheirOwn() throws {
    let graph = try Self.pairs(producer: "pytorch").graph
    #expect(graph.inputs.map { graph[$0].type.shape[0] } == [.symbol("batch"), .symbol("image_batch")])
    let own = try Self.pairs(producer: "ClipGraph").graph
    #expect(own.inputs.map { own[$0].type.shape[0] } == [.symbol("batch"), .symbol("batch")])
  }

  @Test func boundsOfRangesMayBeCastFromWholeNumbers() throws {
    let wire = WireModel.of(
      [
        WireNode(name: "n", type: "Shape", inputs: ["x"], outputs: ["n"]),
        WireNode(name: "g", type: "Gather", inputs: ["n", "first"], outputs: ["m"]),
        WireNode(name: "s", type: "CastLike", inputs: ["zero", "m"], outputs: ["start"]),
        WireNode(name: "d", type: "CastLike", inputs: ["one", "m"], outputs: ["step"]),
        WireNode(name: "r", type: "Range", inputs: ["start", "m", "step"], outputs: ["y"]),
      ],
      initializers: [("zero", NDArray(Float(0))), ("one", NDArray(Float(1))), ("first", NDArray(Int64(0)))])
    let graph = try Self.read(wire).graph
    #expect(graph[graph.outputs[0].value].type == TensorType(.int64, [.symbol("N")]))
  }

  @Test func whatRunsElsewhereIsWrittenInStandardOperators() throws {
    var wire = WireModel.of(
      [
        WireNode(name: "l", type: "LayerNormalization", inputs: ["x", "w"], outputs: ["a"]),
        WireNode(name: "b", domain: "com.microsoft", type: "BiasGelu", inputs: ["a", "w"], outputs: ["c"]),
        WireNode(name: "s", type: "Softmax", inputs: ["c"], outputs: ["y"]),
      ], initializers: [("w", .ramp(4))])
    wire.imports = [("", 12), ("com.microsoft", 1)]
    let model = try Self.read(wire)
    #expect(model.graph.nodes.map(\.op.name) == ["LayerNormalization", "BiasGelu", "Softmax"])
    for opset in [12, 17] {
      let bytes = try model.serialized(options: WriteOptions(opset: opset))
      let again = try Model(bytes: bytes, catalogue: .standard)
      let names = again.graph.nodes.map(\.op.name)
      #expect(!names.contains("BiasGelu") && names.contains("Erf"))
      #expect(names.contains("LayerNormalization") == (opset == 17))
      #expect(names.contains("Softmax") == (opset == 17))
    }
  }
}
