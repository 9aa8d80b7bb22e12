import Graphs
import Operators
import Tensors
import Testing

@testable import ClipGraph

/// Strassen's method in an engine for inference.
@Suite struct StrassenTests {
  private static let (rows, inner, columns) = (50, 512, 256)

  /// A sample gives [rows, columns] of [rows, inner].
  private func graph(_ weights: [Float], transposed: Bool) throws -> Graph {
    let sizes = transposed ? [Self.columns, Self.inner] : [Self.inner, Self.columns]
    return try Graph.build("product") { b in
      let x = b.input("x", .float32, [.symbol("batch"), Dimension(Self.rows), Dimension(Self.inner)])
      b.output("y", x.linear(b.parameter("w", NDArray(weights, sizes)), transposed: transposed))
    }
  }

  /// Numbers in [−1, 1) that follow no pattern.
  private func numbers(_ count: Int, _ factor: UInt32) -> [Float] {
    (0..<count).map { Float(Int32(bitPattern: UInt32($0 + 1) &* factor)) / Float(1 << 31) }
  }

  private func engine(_ graph: Graph, _ strassen: Bool, _ compilation: Engine.Compilation = .inference) throws -> Engine
  {
    try Engine(graph, compilation: compilation, threads: 2, strassen: strassen)
  }

  private func run(_ engine: Engine, _ x: [Float]) throws -> [Float] {
    let batch = x.count / Self.rows / Self.inner
    let y = try engine.run(["x": NDArray(x, [batch, Self.rows, Self.inner])])["y"]
    return try #require(y).values(as: Float.self)
  }

  @Test(arguments: [false, true])
  func aSampleGivesTheSameInEveryBatch(transposed: Bool) throws {
    let weights = numbers(Self.inner * Self.columns, 2_654_435_761)
    let graph = try graph(weights, transposed: transposed)
    let x = numbers(9 * Self.rows * Self.inner, 2_246_822_519)
    let together = try engine(graph, true)
    let all = try run(together, x)
    #expect(try run(together, x) == all)
    for sample in [0, 4, 8] {
      let size = Self.rows * Self.inner
      let alone = try run(engine(graph, true), Array(x[sample * size..<(sample + 1) * size]))
      let given = Self.rows * Self.columns
      #expect(alone == Array(all[sample * given..<(sample + 1) * given]), "sample \(sample)")
    }
  }

  @Test func itIsAskedFor() throws {
    #expect(CLIP.Options().strassen)
    let weights = numbers(Self.inner * Self.columns, 2_654_435_761)
    let graph = try graph(weights, transposed: false)
    let x = numbers(2 * Self.rows * Self.inner, 2_246_822_519)
    let chains = try run(engine(graph, false), x)
    let regrouped = try run(engine(graph, true), x)
    #expect(chains != regrouped)
    #expect(try run(engine(graph, true, .training), x) == chains)
    #expect(try run(engine(graph, true, .none), x) == chains)
    for (index, pair) in zip(chains, regrouped).enumerated() where index / Self.columns % 7 == 3 {
      let (i, j) = (index / Self.columns, index % Self.columns)
      var exact = 0.0
      for p in 0..<Self.inner { exact += Double(x[i * Self.inner + p]) * Double(weights[p * Self.columns + j]) }
      #expect(abs(Double(pair.0) - exact) <= 2e-4 && abs(Double(pair.1) - exact) <= 4e-4)
    }
  }
}
