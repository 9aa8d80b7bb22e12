import Graphs
import Operators
import Tensors
import Testing

@testable import ONNX

/// Numbers of inputs that are there while a file is read.
struct GivenInputTests {
  private static let sum = WireModel.of(
    [
      WireNode(name: "r", type: "ReduceSum", inputs: ["x", "axes"], outputs: ["z"]),
      WireNode(name: "a", type: "Add", inputs: ["z", "w"], outputs: ["y"]),
    ], inputs: [.tensor("x", 1, ["N", 4]), .tensor("axes", 7, ["k"]), .tensor("w", 1, [4])])

  private static func read(_ given: [String: NDArray]) throws -> Graph {
    var options = ReadOptions()
    options.given = given
    return try Model(bytes: try sum.bytes(), catalogue: .standard, options: options).graph
  }

  @Test func attributesAreTakenFromThem() throws {
    #expect(throws: ONNXError.self) { try Self.read([:]) }
    let graph = try Self.read(["axes": NDArray([Int64(0)], [1])])
    #expect(graph.inputs.map { graph[$0].name } == ["x", "w"])
    #expect(graph.outputs.map { graph[$0.value].type } == [TensorType(.float32, [1, 4])])
    #expect(graph.defaults.isEmpty)
  }

  @Test func oneNumberStandsForAVectorOfOne() throws {
    var wire = Self.sum
    wire.graph?.inputs[1] = .tensor("axes", 7, [])
    var options = ReadOptions()
    options.given = ["axes": NDArray(Int64(-1))]
    let graph = try Model(bytes: try wire.bytes(), catalogue: .standard, options: options).graph
    #expect((graph.nodes.first?.op as? Operators.ReduceSum)?.axes == [-1])
  }

  @Test func whatGaveNoAttributeMayStillBeGivenLater() throws {
    let graph = try Self.read(["axes": NDArray([Int64(0)], [1]), "w": .ramp(4)])
    #expect(graph.inputs.map { graph[$0].name } == ["x"])
    #expect(graph.defaults == ["w"])
  }

  @Test func theyMustBeOfTheDeclaredType() {
    for wrong in [NDArray([Int32(0)], [1]), NDArray(Int64(0))] {
      let error = #expect(throws: ONNXError.self) { try Self.read(["axes": wrong]) }
      #expect(error?.description.contains("axes: is declared") == true)
    }
  }
}

/// Single tensors as files.
struct TensorFileTests {
  /// TensorProto: dims 2, data_type int64, name "n", int64_data 5, 300.
  private static let bytes: [UInt8] = [0x08, 2, 0x10, 7, 0x42, 1, 0x6E, 0x3A, 3, 5, 0xAC, 0x02]

  @Test func nameAndNumbersAreRead() throws {
    let tensor = try NDArray.named(tensorProto: Self.bytes)
    #expect(tensor.name == "n")
    #expect(tensor.array == NDArray([Int64(5), 300], [2]))
  }

  @Test func damageIsAnError() {
    for count in 0..<Self.bytes.count {
      // A tensor without a type, or with fewer numbers than it has elements, is damaged too.
      #expect(throws: ONNXError.self) { try NDArray.named(tensorProto: Array(Self.bytes.prefix(count))) }
    }
    #expect(throws: ONNXError.self) { try NDArray.named(tensorProto: [UInt8](repeating: 0xFF, count: 300)) }
  }
}
