import Graphs
import Operators
import Tensors
import Testing

/// Element i of random numbers depends on the seed and i alone, and the moments are those asked for.
struct RandomNumberTests {
  private func draw(_ op: any Operator) throws -> [Double] {
    let c = OperatorCase(name: "draw", op: op, inputs: [])
    return try #require(try NaiveEvaluator.outputs(try c.forward, []).first).numbers
  }

  @Test func elementsDependOnTheirPositionAlone() throws {
    let long = try draw(RandomNormal(sizes: [3, 1001], mean: 0, deviation: 1, seed: 5))
    let short = try draw(RandomNormal(sizes: [17], mean: 0, deviation: 1, seed: 5))
    #expect(Array(long.prefix(17)) == short)
    #expect(try draw(RandomNormal(sizes: [17], mean: 0, deviation: 1, seed: 6)) != short)
  }

  @Test func momentsAreThoseAskedFor() throws {
    let normal = try draw(RandomNormal(sizes: [40000], mean: 1, deviation: 2, seed: 3))
    let mean = normal.reduce(0, +) / 40000
    let variance = normal.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40000
    #expect(abs(mean - 1) < 0.05 && abs(variance - 4) < 0.2)
    let uniform = try draw(RandomUniform(sizes: [40000], low: -1, high: 3, seed: 3))
    #expect(uniform.allSatisfy { $0 >= -1 && $0 < 3 })
    #expect(abs(uniform.reduce(0, +) / 40000 - 1) < 0.05)
  }
}
