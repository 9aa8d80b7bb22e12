import Graphs
import Operators
import Passes
import Tensors
import Testing

/// Which products take Strassen's method: those of rows that belong to one sample.
struct StrassenProductsTests {
  private static let batch = Dimension.symbol("batch")

  private func graph(_ shape: [Dimension], weight: [Int] = [8, 4], changing: Bool = false) throws -> Graph {
    try Graph.example { b, noise in
      let x = b.input("x", .float32, Shape(shape))
      let w =
        changing ? b.input("w", .float32, Shape(weight.map { Dimension($0) })) : b.parameter("w", noise.array(weight))
      b.output("y", x.linear(w, bias: b.parameter("b", noise.array([4])), activation: .gelu))
    }
  }

  private func strassen(_ graph: Graph) throws -> [Bool] {
    try Pipeline.strassen.run(graph).nodes.compactMap { ($0.op as? Linear)?.strassen }
  }

  @Test(arguments: [
    [batch, 6, 8], [1, 6, 8], [batch, 1, 6, 8],
  ])
  func rowsOfASample(shape: [Dimension]) throws {
    let graph = try graph(shape)
    #expect(try strassen(graph) == [true])
    #expect(try Evaluation.difference(graph, Pipeline.strassen.run(graph)) < 1e-5)
    // Without symbols it stays as it is.
    let bound = try Pipeline.strassen.run(graph).bound(["batch": 3])
    #expect(try Pipeline.inference.run(bound).nodes.compactMap { ($0.op as? Linear)?.strassen } == [true])
  }

  @Test(arguments: [
    [batch, 8], [6, 8], [8], [batch, .symbol("sequence"), 8], [6, batch, 8], [5, 6, 8], [batch, 5, 6, 8],
  ])
  func otherRows(shape: [Dimension]) throws {
    #expect(try strassen(graph(shape)) == [false])
    #expect(try strassen(graph([Self.batch, 6, 8], changing: true)).contains(true) == false)
  }

  @Test func onlyWhereItIsAskedFor() throws {
    let fused = try Pipeline.inference.run(graph([Self.batch, 6, 8]))
    #expect(fused.nodes.compactMap { ($0.op as? Linear)?.strassen } == [false])
  }
}
