import Graphs
import Operators
import Passes
import Tensors
import Testing

/// Graphs of other floating-point types compute in float32.
struct SinglePrecisionTests {
  /// 1.0 in bfloat16 and float16.
  private static let ones: [(ScalarType, UInt16)] = [(.bfloat16, 0x3F80), (.float16, 0x3C00)]

  private static func graph(_ scalar: ScalarType, _ pattern: UInt16) throws -> Graph {
    let bytes = NDArray([pattern, pattern], [2])
    let weight = try NDArray(zeros: scalar, [2])
    weight.address.copyMemory(from: bytes.address, byteCount: 4)
    return try Graph.build("half") { b in
      let x = b.input("x", scalar, [.symbol("batch"), 2])
      let y = x + b.parameter("weight", weight)
      b.output("y", y.exp())
      b.output("same", y)
      b.output("single", y.cast(to: .float32))
      b.output("z", y.cast(to: .float64))
    }
  }

  @Test(arguments: [0, 1], [Pipeline.none, .inference, .training].map(\.name))
  func insideIsSingle(index: Int, name: String) throws {
    let pipeline = try #require([Pipeline.none, .inference, .training].first { $0.name == name })
    let (scalar, pattern) = Self.ones[index]
    let graph = try Self.graph(scalar, pattern)
    let after = try pipeline.run(graph)
    #expect(after.inputs.map { after[$0].type } == graph.inputs.map { graph[$0].type })
    #expect(after.outputs.map { after[$0.value].type } == graph.outputs.map { graph[$0.value].type })
    #expect(after.outputs.map(\.name) == graph.outputs.map(\.name))
    #expect(after.constants.values.allSatisfy { $0.scalar == .float32 })
    for node in after.nodes where !(node.op is Cast) {
      for case let id? in node.outputs { #expect(after[id].type.scalar == .float32) }
    }
    let add = try #require(after.nodes.first { $0.op is Add })
    let weight = try #require(add.inputs.compactMap { $0.flatMap { after.constants[$0] } }.first)
    #expect(weight.values(as: Float.self) == [1, 1])
  }

  /// Rows are widened, not the table.
  @Test(arguments: [Pipeline.none, .inference].map(\.name))
  func tablesStayNarrow(name: String) throws {
    let pipeline = try #require([Pipeline.none, .inference].first { $0.name == name })
    let bytes = NDArray((0..<32).map { UInt16(0x3c00 + $0) }, [4, 8])
    let table = try NDArray(.float16, [4, 8], storage: bytes.storage, offset: 0)
    let graph = try Graph.build("table") { b in
      let rows = b.parameter("table", table).gather(b.input("x", .int64, [.symbol("batch")]), axis: 0)
      b.output("y", rows.exp().cast(to: .float32))
    }
    let after = try pipeline.run(graph)
    #expect(after.constants.values.map(\.scalar) == [.float16])
    #expect(after.operators.prefix(3) == ["Gather", "Cast", "Exp"])
    let rows = try #require(after.nodes.first { $0.op is Gather }?.outputs[0])
    #expect(after[rows].type == TensorType(.float16, [.symbol("batch"), 8]))
  }

  /// A branch that nothing has decided computes in its own type, inside of one that takes and gives float32.
  @Test(arguments: [0, 1])
  func branchesAreWrapped(index: Int) throws {
    let (scalar, pattern) = Self.ones[index]
    let bytes = NDArray([pattern, pattern], [2])
    let one = try NDArray(scalar, [2], storage: bytes.storage, offset: 0)
    func branch(_ body: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> Subgraph {
      Subgraph("b", inputs: 0, outputs: 1) { b, _, captured in
        [captured[0].map { body($0, b.constant(one)) } ?? Tensor(b, nil)]
      }
    }
    let graph = try Graph.build("choice") { b in
      let x = b.input("x", scalar, [.symbol("batch"), 2])
      let choice = If(then: branch { $0 + $1 }, else: branch { $0 * $1 })
      b.output("y", b.apply(choice, [b.input("c", .bool, []), x.exp()]))
    }
    let after = try Pipeline.inference.run(graph)
    #expect(after.operators == ["Cast", "Exp", "If", "Cast"])
    let node = try #require(after.nodes.first { $0.op is If })
    for case let id? in node.inputs.dropFirst() + node.outputs { #expect(after[id].type.scalar == .float32) }
    // Decided, nothing narrow is left but what goes in and out.
    var decided = after
    for id in decided.inputs where decided[id].type.scalar == .bool { decided[id].contents = [1] }
    let bound = try Pipeline.inference.run(decided.bound(["batch": 3]))
    #expect(bound.operators == ["Cast", "Exp", "Add", "Cast"])
    #expect(bound.constants.values.allSatisfy { $0.scalar == .float32 })
  }

  @Test func statesKeepTheirType() throws {
    let graph = try Graph.build("state") { b in
      let state = b.state("s", try! NDArray(zeros: .float64, [2]))
      b.update(state, with: state)
      b.output("y", b.input("x", .float32, [2]).exp())
    }
    #expect(try Pipeline.none.run(graph).description == graph.description)
  }
}
