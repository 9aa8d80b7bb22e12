import ClipGraph
import Graphs
import Operators
import Passes
import Tensors
import Testing

@testable import Runtime

@Suite("The first run, which leaves weights as they lie")
struct FirstRunTests {
  @Test("gives what later ones give, to the bit", arguments: Golden.compared)
  func bits(golden: Golden) throws {
    let graph = try Pipeline.inference.run(try golden.model().graph)
    let inputs = try golden.tensors("expected.safetensors").filter { ["image", "text"].contains($0.key) }
    var options = Session.Options(threads: 2, prepareThread: { Threads.use($0) })
    options.leastDeferredByteCount = .max
    let expected = try Session(graph, options: options).run(inputs)
    options.leastDeferredByteCount = 0
    let session = try Session(graph, options: options)
    for run in 0..<3 { #expect(try session.run(inputs) == expected, "run \(run)") }
  }

  @Test("reads transposed weights at any address")
  func anyAddress() throws {
    let storage = Storage(byteCount: 4 * 48 + 1)
    for i in 0..<48 { storage.base.storeBytes(of: Float(i % 7) - 3, toByteOffset: 4 * i + 1, as: Float.self) }
    let weight = try NDArray(.float32, [6, 8], storage: storage, offset: 1)
    #expect(!weight.isAligned)
    let graph = try Graph.build("product") { b in
      b.output("y", b.input("x", .float32, [.symbol("n"), 8]).linear(b.parameter("w", weight), transposed: true))
    }
    var options = Session.Options()
    options.leastDeferredByteCount = 0
    let session = try Session(graph, options: options)
    let x = NDArray((0..<24).map { Float($0) }, [3, 8])
    var expected: [Float] = []
    for i in 0..<3 {
      for j in 0..<6 {
        var sum: Float = 0
        for k in 0..<8 { sum += Float(i * 8 + k) * (Float((j * 8 + k) % 7) - 3) }
        expected.append(sum)
      }
    }
    for run in 0..<3 {
      #expect(try session.run(["x": x])["y"] == NDArray(expected, [3, 6]), "run \(run)")
      #expect((session.engine.weights.byteCount == 0) == (run == 0), "run \(run)")
    }
  }

  @Test("takes Strassen's method as later ones do, to the bit", arguments: [false, true])
  func strassen(transposed: Bool) throws {
    /// Numbers in [−1, 1) that follow no pattern.
    func numbers(_ sizes: [Int], _ factor: UInt32) -> NDArray {
      let count = sizes.reduce(1, *)
      return NDArray((0..<count).map { Float(Int32(bitPattern: UInt32($0 + 1) &* factor)) / Float(1 << 31) }, sizes)
    }
    let weight = numbers(transposed ? [256, 512] : [512, 256], 2_654_435_761)
    let declared = try Graph.build("product") { b in
      let x = b.input("x", .float32, [.symbol("batch"), 50, 512])
      b.output("y", x.linear(b.parameter("w", weight), transposed: transposed))
    }
    let x = numbers([2, 50, 512], 2_246_822_519)
    let chains = try Session(Pipeline.inference.run(declared)).run(["x": x])
    var options = Session.Options(threads: 2, prepareThread: { Threads.use($0) })
    options.leastDeferredByteCount = 0
    let session = try Session(Pipeline.strassen.run(declared), options: options)
    let first = try session.run(["x": x])
    #expect(first != chains && session.engine.weights.byteCount == 0)
    for _ in 0..<2 { #expect(try session.run(["x": x]) == first) }
    #expect(session.engine.weights.byteCount > 0)
  }
}
