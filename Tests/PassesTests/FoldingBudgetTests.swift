import Graphs
import Operators
import Tensors
import Testing

@testable import Passes

/// Constants are folded as far as the budget goes; what it does not pay for stays in the graph, and means the same.
struct FoldingBudgetTests {
  /// x plus a chain of `length` products of matrices that are known.
  private static func chain(_ length: Int) throws -> Graph {
    try Graph.example { b, noise in
      let x = b.input("x", .float32, [8, 8])
      var known = b.constant(noise.array([8, 8]))
      for _ in 0..<length { known = known.matmul(b.constant(noise.array([8, 8]))) }
      b.output("y", x + known)
    }
  }

  /// Bytes of a matrix, and what a product costs: its inputs are looked at first, and an operation of small matrices counts
  /// sixteen times.
  private static let matrix = 8 * 8 * 4
  private static let product = 16 * 2 * 8 * 8 * 8 + 5 * matrix

  @Test(arguments: [
    (matrix * 5, product * 5, 0), (matrix * 2, product * 5, 3), (matrix * 3 - 1, product * 5, 3), (0, product * 5, 5),
    (matrix * 5, 0, 5), (matrix * 5, product * 2, 3),
  ])
  func foldsWhatIsPaidFor(bytes: Int, work: Int, left: Int) throws {
    let graph = try Self.chain(5)
    let pass = FoldConstants(bytes: bytes, work: work)
    let folded = try Pipeline("folding", [pass]).run(graph)
    #expect(folded.count("MatMul") == left)
    #expect(try Evaluation.difference(graph, folded) == 0)
  }

  /// The passes of a pipeline share what folding may cost: two products of 2³¹ operations each, of a file with 4 MiB.
  @Test func pipelinesHaveOneBudget() throws {
    let graph = try Graph.example { b, _ in
      let x = b.input("x", .float32, [1])
      var known = b.constant(NDArray([Float](repeating: 1e-3, count: 1 << 20), [1024, 1024]))
      for _ in 0..<8 { known = known.matmul(known) }
      b.output("y", x + known.sum([0, 1]))
    }
    let compiled = try Pipeline.inference.run(graph)
    // The first that is left has a constant factor: it may be packed.
    #expect(compiled.count("MatMul") + compiled.count("Linear") + compiled.count("FusedMatMul") == 6)
  }

  /// Numbers that shapes may depend on are not looked for at any cost either.
  @Test func questionsAreBounded() throws {
    let graph = try Graph.example { b, _ in
      let x = b.input("x", .float32, [1])
      var known = b.constant(NDArray([Float](repeating: 1, count: 1 << 20), [1024, 1024]))
      for _ in 0..<8 { known = known.matmul(known) }
      b.output("y", x + known.sum([0, 1]))
    }
    let product = try #require(graph.nodes.last { $0.op is MatMul }?.outputs.first ?? nil)
    #expect(graph.evaluated(product) == nil)
  }
}
