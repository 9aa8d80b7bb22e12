import Graphs
import Operators
import Tensors
import Testing

@testable import ONNX

/// Branches and bodies in files, and inputs with a default.
struct BranchingTests {
  private static func branch(_ nodes: [WireNode], _ outputs: [String]) -> WireAttribute.Content {
    .graph(WireGraph(name: "b", nodes: nodes, outputs: outputs.map { WireValue(name: $0, kind: .unknown) }))
  }

  private static func choice(
    _ first: WireAttribute.Content, _ second: WireAttribute.Content?, inputs: [WireValue] = [.tensor("x", 1, ["N", 4])]
  ) -> WireModel {
    var node = WireNode(name: "choose", type: "If", inputs: ["c"], outputs: ["y"])
    node.attributes = [WireAttribute(name: "then_branch", content: first)]
    if let second { node.attributes.append(WireAttribute(name: "else_branch", content: second)) }
    return .of([node], inputs: inputs + [.tensor("c", 9, [])])
  }

  private static func loop(_ nodes: [WireNode], carried: [String], outputs: [String], inputs: [String]) -> WireModel {
    var body = WireGraph(name: "body", nodes: nodes)
    body.inputs = (["i", "goes"] + carried).map { WireValue(name: $0, kind: .unknown) }
    body.outputs = outputs.map { WireValue(name: $0, kind: .unknown) }
    var node = WireNode(name: "repeat", type: "Loop", inputs: inputs, outputs: ["y"])
    node.attributes = [WireAttribute(name: "body", content: .graph(body))]
    return .of(
      [node], inputs: [.tensor("x", 1, [2, 4]), .tensor("n", 7, [])], initializers: [("limit", NDArray(Float(9)))])
  }

  private static let relu = WireNode(name: "r", type: "Relu", inputs: ["x"], outputs: ["a"])
  private static let exp = WireNode(name: "e", type: "Exp", inputs: ["x"], outputs: ["a"])

  private static func read(_ wire: WireModel) throws -> Model {
    try Model(bytes: try wire.bytes(), catalogue: .standard)
  }

  @Test func aChoiceIsWrittenAsItIs() throws {
    let model = try Self.read(Self.choice(Self.branch([Self.relu], ["a"]), Self.branch([Self.exp], ["a"])))
    let wire = try ModelWriter(model, WriteOptions()).wire()
    let node = try #require(wire.graph?.nodes.first)
    #expect(wire.graph?.nodes.count == 1 && node.type == "If" && node.inputs == ["c"] && node.outputs == ["y"])
    let branches = node.attributes.compactMap { attribute -> WireGraph? in
      guard case .graph(let graph) = attribute.content else { return nil }
      return graph
    }
    #expect(node.attributes.map(\.name) == ["then_branch", "else_branch"])
    #expect(branches.map { $0.nodes.map(\.type) } == [["Relu"], ["Exp"]])
    // Values from around keep their names; those inside have names of their own.
    #expect(branches.allSatisfy { $0.nodes[0].inputs == ["x"] && $0.inputs.isEmpty })
    #expect(Set(branches.flatMap { $0.outputs.map(\.name) }).count == 2)
    let again = try Model(bytes: try model.serialized(), catalogue: .standard)
    #expect(again.graph.nodes.map(\.op.name) == ["If"])
  }

  /// What is said of graphs that cannot be read, bound or understood.
  @Test func oneClearLine() {
    let cases: [(String, WireModel)] = [
      (
        "Bar (opset 17) at b; Foo (opset 17) at choose/then_branch/f",
        {
          var model = Self.choice(
            Self.branch([.of("Foo", ["x"], ["a"], name: "f")], ["a"]), Self.branch([Self.exp], ["a"]))
          model.graph?.nodes.append(.of("Bar", ["y"], ["z"], name: "b"))
          return model
        }()
      ),
      ("then_branch has 1 outputs, but else_branch is missing", Self.choice(Self.branch([Self.relu], ["a"]), nil)),
      (
        "then_branch has 1 outputs, but else_branch has 2",
        Self.choice(Self.branch([Self.relu], ["a"]), Self.branch([Self.relu], ["a", "a"]))
      ),
      (
        "choose: If: the branches give f32[N, 4] and f32[], and the condition c depends on data",
        Self.choice(
          Self.branch([Self.relu], ["a"]),
          Self.branch([.of("ReduceSum", ["x"], ["a"], [("keepdims", .int(0))])], ["a"]))
      ),
      (
        "repeat: Loop: the carried value x changes from f32[2, 4] to f32[4, 4] in a trip, and the number of trips (n) depends",
        Self.loop(
          [.of("Concat", ["v", "v"], ["w"], [("axis", .int(0))])], carried: ["v"], outputs: ["goes", "w"],
          inputs: ["n", "", "x"])
      ),
      (
        "0 values are carried, but the body takes 1, and gives 2 outputs with the condition",
        Self.loop([.of("Relu", ["v"], ["w"])], carried: ["v"], outputs: ["goes", "w"], inputs: ["n"])
      ),
    ]
    for (words, model) in cases {
      let said = complaint { try Self.read(model) }
      #expect(said.contains(words), "\(said)")
      #expect(!said.contains("\n"))
    }
  }

  @Test func aLoopThatDataEndsSaysSoWhenItIsBound() throws {
    let model = try Self.read(
      Self.loop(
        [
          .of("Relu", ["v"], ["w"]), .of("ReduceSum", ["w"], ["s"], [("keepdims", .int(0))]),
          .of("Less", ["s", "limit"], ["on"]),
        ], carried: ["v"], outputs: ["on", "w"], inputs: ["", "", "x"]))
    #expect(model.graph.nodes.map(\.op.name) == ["Loop"])
    let said = complaint { try model.graph.expandingMacros() }
    #expect(said.contains("whether the loop goes on after trip 0 (repeat/0/on) depends on data"), "\(said)")
  }

  @Test(arguments: [17, 20, 23])
  func defaultsStayInputs(opset: Int) throws {
    let wire = WireModel.of(
      [.of("MatMul", ["x", "w"], ["t"]), .of("Add", ["t", "b"], ["y"])],
      inputs: [.tensor("x", 1, ["N", 4]), .tensor("b", 1, [3])], initializers: [("w", .ramp(4, 3)), ("b", .ramp(3))])
    let model = try Self.read(wire)
    #expect(model.graph.defaults == ["b"])
    let again = try Model(bytes: try model.serialized(options: WriteOptions(opset: opset)), catalogue: .standard)
    #expect(again.graph.defaults == ["b"] && again.graph.inputs.count == 1)
    #expect(again.graph.value(named: "b").flatMap { again.graph.constants[$0] } == .ramp(3))
  }
}
