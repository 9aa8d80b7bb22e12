import Graphs
import Tensors
import Testing

@testable import Runtime

/// y = a + weights, which it reads backwards where they may be laid out so.
private struct Weighed: Operator {
  static let onnx = [ONNXForm<Self>("Weighed", domain: "test", since: 1, inputs: 2)]
  func infer(_ x: Operands) -> [TensorType] { [x[0]] }
  func bind(_ site: CallSite) -> Kernel {
    let count = site.output().count
    let isPacked = site.packsWeights && !site.defersPacking
    var kernel = Kernel(isPacked ? "packed" : "loose") { b in
      guard let x: UnsafePointer<Float> = b.input(0), let w: UnsafePointer<Float> = b.input(1),
        let y: UnsafeMutablePointer<Float> = b.output()
      else { return }
      for i in 0..<count { y[i] = x[i] + w[isPacked ? count - 1 - i : i] }
    }
    guard isPacked else { return kernel }
    kernel.packings = [
      WeightPacking(input: 1, layout: "backwards", byteCount: 4 * count) { packed, operand in
        let (to, from) = (
          packed.assumingMemoryBound(to: Float.self), operand.assumingMemoryBound(to: Float.self)
        )
        for i in 0..<count { to[i] = from[count - 1 - i] }
      }
    ]
    return kernel
  }
}

/// A process that runs once does not lay weights out.
@Suite struct FirstRunTests {
  private func session(least: Int, momentum: Bool = false) throws -> Session {
    let graph = try Graph.build("weighed") { b in
      let x = b.input("x", .float32, [8])
      let y = b.apply(Weighed(), [x, b.parameter("w", ramp(8))])
      b.output("y", y)
      if momentum {
        let states = [b.parameter("p", ramp(8)), b.parameter("m", ramp(8))]
        let values = b.apply(Momentum(), states + [y], outputs: 2)
        for (state, value) in zip(states, values) { b.update(state, with: value) }
      }
    }
    var options = Session.Options()
    options.leastDeferredByteCount = least
    return try Session(graph, options: options)
  }

  @Test func weightsAreLaidOutByTheSecondRun() throws {
    let session = try session(least: 32)
    for run in 0..<3 {
      #expect(try session.run(["x": ramp(8, 10)])["y"] == ramp(8, 11))
      #expect(session.engine.weights.byteCount == (run == 0 ? 0 : 32), "run \(run)")
      #expect(try session.memory().programCount == (run == 0 ? 0 : 1))
    }
  }

  @Test func smallOnesAtOnce() throws {
    let session = try session(least: 33)
    #expect(try session.run(["x": ramp(8, 10)])["y"] == ramp(8, 11))
    #expect(session.engine.weights.byteCount == 32)
  }

  @Test func preparedRunsAndStepsAreForMoreThanOne() throws {
    let prepared = try session(least: 0)
    _ = try prepared.prepare(["x": ramp(8)])
    #expect(prepared.engine.weights.byteCount == 32)
    let trained = try session(least: 0, momentum: true)
    _ = try trained.step(["x": ramp(8)])
    #expect(trained.engine.weights.byteCount == 32)
  }
}
