import Graphs
import Tensors
import Testing

@testable import ONNX

/// Models that contradict themselves or ask for what is not supported: one clear line each.
struct RefusalTests {
  static let relu = WireNode.of("Relu", ["x"], ["y"], name: "act")

  static func edited(_ edit: (inout WireModel) -> Void) -> WireModel {
    var model = WireModel.of([relu])
    edit(&model)
    return model
  }

  static let cases: [(String, @Sendable () -> WireModel)] = [
    ("IR version 99; supported are 3 to 14", { edited { $0.irVersion = 99 } }),
    ("opset 0 is not supported", { edited { $0.imports = [("", 0)] } }),
    ("opset 29 is not supported", { edited { $0.imports = [("", 29)] } }),
    ("as version 17 and as 18", { edited { $0.imports.append(("", 18)) } }),
    ("it has no graph", { edited { $0.graph = nil } }),
    ("of the domain ai.onnx, which the model does not import", { edited { $0.imports = [] } }),
    (
      "Gelu (opset 17) at a and 1 more; com.microsoft::QuickGelu (1) at b",
      {
        var model = WireModel.of([
          .of("Gelu", ["x"], ["p"], name: "a"), .of("QuickGelu", ["p"], ["q"], domain: "com.microsoft", name: "b"),
          .of("Gelu", ["q"], ["y"], name: "c"),
        ])
        model.imports.append(("com.microsoft", 1))
        return model
      }
    ),
    (
      "act: Relu: Relu has no attribute alpha",
      { .of([.of("Relu", ["x"], ["y"], [("alpha", .float(1))], name: "act")]) }
    ),
    (
      "act: ReduceMean: attribute keepdims must be an integer, not a float",
      { .of([.of("ReduceMean", ["x"], ["y"], [("keepdims", .float(1))], name: "act")]) }
    ),
    (
      "has the attribute to twice",
      { .of([.of("Cast", ["x"], ["y"], [("to", .int(1)), ("to", .int(7))], name: "act")]) }
    ),
    ("to names no supported element type: 8", { .of([.of("Cast", ["x"], ["y"], [("to", .int(8))])]) }),
    ("reads z, which is no input or initializer", { .of([.of("Add", ["x", "z"], ["y"], name: "act")]) }),
    (
      "act: MatMul: inner dimensions differ: [N, 4] × [3, 2] (inputs: x: f32[N, 4], w: f32[3, 2])",
      { .of([.of("MatMul", ["x", "w"], ["y"], name: "act")], initializers: [("w", .ramp(3, 2))]) }
    ),
    ("Relu: takes at most 1 inputs, not 2", { .of([.of("Relu", ["x", "x"], ["y"])]) }),
    ("the name t is given to two values", { .of([.of("Relu", ["x"], ["t"]), .of("Relu", ["t"], ["t"])]) }),
    ("the name x is given to two values", { .of([.of("Relu", ["x"], ["x"])]) }),
    ("the name w is given to two values", { .of([relu], initializers: [("w", .ramp(1)), ("w", .ramp(1))]) }),
    ("no earlier node makes it", { .of([.of("Add", ["b", "x"], ["y"]), .of("Relu", ["y"], ["b"])]) }),
    ("q: is an output of g, but nothing makes it", { .of([relu], outputs: ["q"]) }),
    ("y: is an output of g twice", { .of([relu], outputs: ["y", "y"]) }),
    ("x: has the extent -5 on axis 0", { .of([relu], inputs: [.tensor("x", 1, [-5])]) }),
    ("x: has the element type string (8)", { .of([relu], inputs: [.tensor("x", 8, [2])]) }),
    ("x: has the element type 77", { .of([relu], inputs: [.tensor("x", 77, [2])]) }),
    (
      "x: is an input of unknown rank",
      { .of([relu], inputs: [WireValue(name: "x", kind: .tensor(element: 1, extents: nil))]) }
    ),
    ("no tensor", { .of([relu], inputs: [WireValue(name: "x", kind: .other)]) }),
    (
      "t: is declared f32[7, 4], but its operator makes f32[2, 4]",
      {
        var model = WireModel.of(
          [.of("Relu", ["x"], ["t"]), .of("Relu", ["t"], ["y"])], inputs: [.tensor("x", 1, [2, 4])])
        model.graph?.values = [.tensor("t", 1, [7, 4])]
        return model
      }
    ),
    (
      "x: is declared f32[7], but holds f32[4]",
      { .of([relu], inputs: [.tensor("x", 1, [7])], initializers: [("x", .ramp(4))]) }
    ),
    (
      "input axes (a) must be known before running",
      { .of([.of("ReduceSum", ["x", "a"], ["y"])], inputs: [.tensor("x", 1, [2]), .tensor("a", 7, [1])]) }
    ),
    (
      "the shape depends on data",
      { .of([.of("Reshape", ["x", "a"], ["y"])], inputs: [.tensor("x", 1, [2]), .tensor("a", 7, [1])]) }
    ),
    ("exactly one attribute, but has 0", { .of([.of("Constant", [], ["y"])]) }),
    ("is a string, which is not supported", { .of([.of("Constant", [], ["y"], [("value_string", .string("s"))])]) }),
    (
      "refers to alpha of a function",
      {
        edited { $0.graph?.nodes[0].attributes = [WireAttribute(name: "to", content: .reference("alpha"))] }
      }
    ),
  ]

  @Test(arguments: cases.indices)
  func oneClearLine(index: Int) {
    let (words, model) = Self.cases[index]
    let said = complaint { try model().read() }
    #expect(said.contains(words), "\(said)")
    #expect(!said.contains("\n"))
  }

  @Test func shapeChainsFold() throws {
    let model = WireModel.of(
      [
        .of("Shape", ["x"], ["s"]), .of("Reshape", ["x", "s"], ["r"]), .of("Size", ["x"], ["n"]),
        .of("ReduceSum", ["r", "axis"], ["y"]),
      ], initializers: [("axis", NDArray([Int64(0)], [1]))])
    let graph = try model.read().graph
    #expect(graph.nodes.last?.op.isSame(as: ReduceSum(axes: [0])) == true)
    #expect(graph[graph.outputs[0].value].type == TensorType(.float32, [1, 4]))
    // The axis lives in the operator alone.
    #expect(graph.constants.isEmpty)
  }

  @Test func constantsComeInAllForms() throws {
    let nodes: [(AttributeValue, String, NDArray)] = [
      (.tensor(.ramp(2, 2)), "value", .ramp(2, 2)), (.int(-3), "value_int", NDArray(Int64(-3))),
      (.ints([1, 2]), "value_ints", NDArray([Int64(1), 2], [2])), (.float(0.5), "value_float", NDArray(Float(0.5))),
      (.floats([0.5, 1]), "value_floats", NDArray([Float(0.5), 1], [2])),
    ]
    for (value, name, array) in nodes {
      let graph = try WireModel.of([.of("Constant", [], ["y"], [(name, value)])], inputs: []).read().graph
      #expect(graph.nodes.isEmpty)
      #expect(graph.constants[graph.outputs[0].value] == array)
    }
  }

  @Test func unnamedExtentsAreSymbolsOfTheirOwn() throws {
    let model = WireModel.of(
      [Self.relu], inputs: [.tensor("x", 1, ["", "", 3, "x_1"])])
    let shape = try model.read().graph.values[0].type.shape
    #expect(shape.symbols == ["x_0", "x_1", "x_1_"])
    #expect(shape[3] == .symbol("x_1"))
  }

  @Test func nodesOutOfOrderArePutInOrder() throws {
    let model = WireModel.of([
      .of("Relu", ["b"], ["y"], name: "last"), .of("Relu", ["a"], ["b"], name: "second"),
      .of("Relu", ["x"], ["a"], name: "first"),
    ])
    #expect(try model.read().graph.nodes.map(\.name) == ["first", "second", "last"])
  }

  @Test func unusedImportsAndTheLongNameOfTheStandardAreFine() throws {
    var model = WireModel.of([.of("Relu", ["x"], ["y"], domain: "ai.onnx")])
    model.imports = [("ai.onnx", 17), ("com.microsoft.experimental", 1)]
    #expect(try model.read().graph.nodes.count == 1)
  }
}
