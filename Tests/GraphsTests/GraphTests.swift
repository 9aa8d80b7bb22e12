import Graphs
import Operators
import Tensors
import Testing

struct GraphTests {
  static func small() throws -> Graph {
    try Graph.build("small") { b in
      let x = b.input("x", .float32, [.symbol("batch"), 4])
      let w = b.parameter("w", NDArray([Float](repeating: 0.5, count: 8), [4, 2]))
      let h = b.scoped("layer") { x.matmul(w) + 1 }
      b.output("y", h.gelu().named("result"))
      b.output("n", h.dimension(0))
    }
  }

  @Test func mistakesAreCollected() throws {
    let error = try #require(throws: BuildError.self) {
      try Graph.build("bad") { b in
        let x = b.input("x", .float32, [2, 3])
        let y = b.scoped("first") { x.matmul(x) }
        b.output("y", y + y)
        b.output("z", b.scoped("second") { x + b.input("k", .float32, [7]) })
      }
    }
    #expect(error.diagnostics.map(\.place) == ["first/MatMul", "second/Add"])
    #expect(error.diagnostics.allSatisfy { $0.kind == .shape })
  }

  @Test func namesAreUnique() throws {
    let graph = try Graph.build("names") { b in
      let x = b.input("x", .float32, [2])
      _ = b.input("x", .float32, [2])
      b.output("y", (x + x) + x)
    }
    #expect(graph.values.map(\.name) == ["x", "x_1", "Add", "Add_1"])
  }

  @Test func equalConstantsOfABuilderAreOne() throws {
    let graph = try Graph.build("constants") { b in
      let x = b.input("x", .float32, [2])
      b.output("y", (x + 3) * 3)
    }
    #expect(graph.constants.count == 1)
  }

  @Test func verifyFindsWhatIsBroken() throws {
    let good = try Self.small()
    try good.verify()
    func kind(_ change: (inout Graph) -> Void) -> GraphError.Kind? {
      var graph = good
      change(&graph)
      do {
        try graph.verify()
        return nil
      } catch { return error.kind }
    }
    #expect(kind { $0.nodes.reverse() } == .order)
    #expect(kind { $0.values[0].name = $0.values[1].name } == .duplicateName)
    #expect(kind { $0[$0.outputs[0].value].type = TensorType(.float32, [1]) } == .type)
    #expect(kind { $0.nodes[0].inputs.removeLast() } == .arity)
    #expect(kind { $0.updates = [.init(state: $0.inputs[0], value: $0.inputs[0])] } == .type)
    #expect(kind { _ in } == nil)
  }

  @Test func pruningKeepsWhatIsAskedFor() throws {
    let graph = try Self.small().selecting(outputs: ["n"], updates: false)
    #expect(graph.nodes.map(\.op.name) == ["MatMul", "Add", "Shape"])
    #expect(throws: GraphError.self) { try graph.selecting(outputs: ["nowhere"], updates: false) }
  }

  @Test func pruningSortsAndFindsCycles() throws {
    var graph = try Self.small()
    let order = graph.nodes.map(\.name)
    graph.nodes.reverse()
    let sorted = try graph.pruned()
    try sorted.verify()
    #expect(Set(sorted.nodes.map(\.name)) == Set(order))
    // MatMul and Add, which reads it.
    let (product, sum) = (graph.nodes[3].outputs[0], graph.nodes[2].outputs[0])
    #expect(graph.nodes[2].inputs[0] == product)
    graph.nodes[3].inputs[0] = sum
    let error = try #require(throws: GraphError.self) { try graph.pruned() }
    #expect(error.kind == .cycle)
  }

  @Test func bindingGivesNumbers() throws {
    let graph = try Self.small().bound(["batch": 3])
    #expect(graph[graph.outputs[0].value].type.shape.sizes == [3, 2])
    #expect(graph[graph.outputs[1].value].contents == [3])
    #expect(graph.symbols.isEmpty)
  }

  @Test func expandingKeepsNamesOfResults() throws {
    let graph = try Self.small()
    let plain = try graph.expanding { _, node in node.op is Gelu }
    #expect(plain[plain.outputs[0].value].name == "result")
    #expect(!plain.nodes.contains { $0.op is Gelu })
    #expect(plain.nodes.contains { $0.op is Erf })
    #expect(plain.nodes.filter { $0.op is Erf }.allSatisfy { $0.name.hasPrefix("Gelu/") })
  }

  @Test func printing() throws {
    var graph = try Self.small()
    graph.updates = []
    #expect(
      graph.description == """
        graph small
        inputs
          x: f32[batch, 4]
        constants
          w: f32[4, 2] = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
          layer/Constant: f32[] = 1.0
        nodes
          layer/MatMul: f32[batch, 2] = MatMul(x, w)
          layer/Add: f32[batch, 2] = Add(layer/MatMul, layer/Constant)
          result: f32[batch, 2] = Gelu(layer/Add) {approximate = none}
          Shape: i64[1] = Shape(layer/Add) {start = 0, end = 1}
        outputs
          y = result
          n = Shape

        """)
  }
}
