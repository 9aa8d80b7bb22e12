import Graphs
import Operators
import Passes
import Tensors
import Testing

/// Where the gradient of a table of embeddings stays the rows that were read.
struct RowsInUseTests {
  /// A step on a table [50, 8] that is read at indices [batch, 6]; negative ones count from its end.
  private func step(clipped: Bool = false, asking: Bool = false, axis: Int = 0) throws -> Graph {
    try Graph.example { b, noise in
      let sizes = axis == 0 ? [50, 8] : [8, 50]
      let (p, m) = (b.parameter("p", noise.array(sizes)), b.parameter("m", noise.array(sizes)))
      let v = b.parameter("v", NDArray((0..<400).map { Float($0) / 400 }, sizes))
      let indices = b.constant(NDArray((0..<18).map { Int64($0 * $0 % 13) - 3 }, [3, 6]))
      let dy = b.input("dy", .float32, axis == 0 ? [3, 6, 8] : [8, 3, 6])
      let all = b.apply(GatherGradient(axis: axis), [dy, indices, b.constant(sizes)])
      if asking { b.output("gradient", all) }
      let factor = (b.constant(1) / all.sumOfSquares([0, 1]).squareRoot()).minimum(b.constant(1))
      let scalars = [0.01, 0.9, 0.999, 1e-8, 0.2].map { b.constant(Float($0)) }
      let next = p.adamW(
        gradient: clipped ? all * factor : all, m: m, v: v, step: b.constant(NDArray(Int64(2))),
        learningRate: scalars[0], beta1: scalars[1], beta2: scalars[2], epsilon: scalars[3], weightDecay: scalars[4])
      b.output("norm", next.p.sumOfSquares([0, 1]))
      for (state, value) in [(p, next.p), (m, next.m), (v, next.v)] { b.update(state, with: value) }
    }
  }

  @Test func theUpdateIsTheDenseOneToTheLastBit() throws {
    let graph = try step()
    let after = try Pipeline.training.run(graph)
    #expect(after.count("GatherGradient") == 0 && after.count("AdamW") == 1, "\(after)")
    let inputs = graph.exampleInputs()
    let (dense, rows) = try (Evaluation.run(graph, inputs), Evaluation.run(after, inputs))
    #expect(Set(dense.keys) == ["p", "m", "v", "norm"])
    for (name, array) in dense { #expect(rows[name] == array, "\(name)") }
  }

  @Test(arguments: ["clipped", "asked for", "columns"])
  func theTableOfZerosStaysWhereItIsNeeded(reason: String) throws {
    let graph = try step(clipped: reason == "clipped", asking: reason == "asked for", axis: reason == "columns" ? 1 : 0)
    let log = RewriteLog()
    let after = try Pipeline.training.run(graph, log: log)
    #expect(after.count("GatherGradient") == 1 && after.count("AdamW") == 1)
    #expect(log.applications["UpdateByRows"] == nil)
    #expect(log.declined("UpdateByRows").isEmpty == (reason == "clipped"), "\(log.entries)")
    #expect(try Evaluation.difference(graph, after) < 1e-6)
  }
}
