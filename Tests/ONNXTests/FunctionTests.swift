import Graphs
import Tensors
import Testing

@testable import ONNX

/// Model-local functions of other programs are inlined.
struct FunctionTests {
  static func function(
    _ name: String, _ nodes: [WireNode], inputs: [String] = ["a"], outputs: [String] = ["b"], domain: String = "other"
  ) -> WireFunction {
    var function = WireFunction()
    (function.domain, function.name, function.nodes) = (domain, name, nodes)
    (function.inputs, function.outputs) = (inputs, outputs)
    function.imports = [("", 17), ("other", 1)]
    return function
  }

  static func model(_ nodes: [WireNode], _ functions: [WireFunction]) -> WireModel {
    var model = WireModel.of(nodes)
    model.functions = functions
    model.imports.append(("other", 1))
    return model
  }

  @Test func bodiesTakeAttributesDefaultsAndNames() throws {
    var reduce = Self.function(
      "Reduce",
      [
        WireNode(
          name: "inner", type: "ReduceMean", inputs: ["a"], outputs: ["m"],
          attributes: [
            WireAttribute(name: "axes", content: .reference("over")),
            WireAttribute(name: "keepdims", content: .reference("keep")),
          ]), .of("Relu", ["m"], ["b"]),
      ])
    reduce.attributes = ["over"]
    reduce.defaults = [WireAttribute(name: "keep", content: .value(.int(0)))]
    let outer = Self.function(
      "Outer", [.of("Reduce", ["a"], ["b"], [("over", .ints([1]))], domain: "other", name: "reduce")])
    let graph = try Self.model([.of("Outer", ["x"], ["y"], domain: "other", name: "call")], [reduce, outer]).read()
      .graph
    #expect(graph.nodes.map(\.name) == ["call/reduce/inner", "call/reduce/b"])
    #expect(graph.nodes[0].op.isSame(as: ReduceMean(axes: [1], keepsDimensions: false)))
    #expect(graph.values.map(\.name) == ["x", "call/reduce/m", "y"])
  }

  @Test func absentInputsStayAbsent() throws {
    let pass = Self.function("First", [.of("Relu", ["a"], ["b"])], inputs: ["a", "c"])
    let graph = try Self.model([.of("First", ["x", ""], ["y"], domain: "other")], [pass]).read().graph
    #expect(graph.nodes.count == 1)
    let reads = Self.function("First", [.of("Add", ["a", "c"], ["b"])], inputs: ["a", "c"])
    #expect(
      complaint { try Self.model([.of("First", ["x"], ["y"], domain: "other")], [reads]).read() }.contains("reads c"))
  }

  static let faults: [(String, @Sendable () -> WireModel)] = [
    (
      "calls itself",
      { model([.of("F", ["x"], ["y"], domain: "other")], [function("F", [.of("F", ["a"], ["b"], domain: "other")])]) }
    ),
    (
      "has 1 inputs and 1 outputs, but is called with 2 and 1",
      { model([.of("F", ["x", "x"], ["y"], domain: "other")], [function("F", [.of("Relu", ["a"], ["b"])])]) }
    ),
    (
      "has no attribute alpha",
      {
        model(
          [.of("F", ["x"], ["y"], [("alpha", .int(1))], domain: "other")], [function("F", [.of("Relu", ["a"], ["b"])])])
      }
    ),
    (
      "does not make its output b",
      { model([.of("F", ["x"], ["y"], domain: "other")], [function("F", [.of("Relu", ["a"], ["c"])])]) }
    ),
    (
      "Gelu (opset 17) at function F, g",
      { model([.of("F", ["x"], ["y"], domain: "other")], [function("F", [.of("Gelu", ["a"], ["b"], name: "g")])]) }
    ),
    (
      "the function is defined twice",
      { model([RefusalTests.relu], [function("F", []), function("F", [])]) }
    ),
    (
      "more than 1000 nodes once its functions are inlined",
      {
        let chain = (0..<25).map { index in
          let next =
            index == 24 ? WireNode.of("Relu", ["a"], ["m"]) : .of("F\(index + 1)", ["a"], ["m"], domain: "other")
          var second = next
          (second.inputs, second.outputs) = (["m"], ["b"])
          return function("F\(index)", [next, second])
        }
        return model([.of("F0", ["x"], ["y"], domain: "other")], chain)
      }
    ),
    (
      "nested deeper than 32",
      {
        let chain = (0..<40).map { index in
          function(
            "F\(index)",
            [index == 39 ? WireNode.of("Relu", ["a"], ["b"]) : .of("F\(index + 1)", ["a"], ["b"], domain: "other")])
        }
        return model([.of("F0", ["x"], ["y"], domain: "other")], chain)
      }
    ),
  ]

  @Test(arguments: faults.indices)
  func faultsAreNamed(index: Int) {
    let (words, model) = Self.faults[index]
    var options = ReadOptions()
    options.nodeBudget = 1000
    let said = complaint { try model().read(options) }
    #expect(said.contains(words), "\(said)")
  }
}
