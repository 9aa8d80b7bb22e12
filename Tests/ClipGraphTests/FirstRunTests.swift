import ClipGraph
import Graphs
import Operators
import Passes
import Runtime
import Tensors
import Testing

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
}
