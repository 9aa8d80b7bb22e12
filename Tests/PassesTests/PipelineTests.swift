import Graphs
import Operators
import Passes
import Tensors
import Testing

struct PipelineTests {
  static let fusedBlock = [
    "LayerNormalization", "Linear", "SelfAttention", "Linear", "LayerNormalization", "Linear", "Linear",
  ]

  @Test(arguments: [false, true], [false, true])
  func aBlockIsSevenSteps(causal: Bool, quickGELU: Bool) throws {
    let graph = try Block.graph(causal: causal, quickGELU: quickGELU)
    let fused = try Pipeline.inference.run(graph)
    #expect(fused.operators == Self.fusedBlock + Self.fusedBlock)
  }

  @Test(arguments: [false, true], [false, true])
  func aReadBlockIsFusedAsTheDeclaredOne(causal: Bool, quickGELU: Bool) throws {
    let graph = try Block.graph(causal: causal, quickGELU: quickGELU)
    let primitives = try graph.inPrimitives(layerNormalization: true)
    #expect(primitives.count("SelfAttention") + primitives.count("Gelu") + primitives.count("LayerNormalization") == 0)
    let log = RewriteLog()
    let fused = try Pipeline.inference.run(primitives, log: log)
    #expect(fused.operators == Self.fusedBlock + Self.fusedBlock, "\(log.entries)")
    #expect(try Evaluation.difference(primitives, fused) < 1e-5)
  }

  @Test func pipelinesArePrinted() {
    #expect(Pipeline.inference.description.contains("FuseSelfAttention"))
    #expect(!Pipeline.inference.description.contains("ShareLogSumExp"))
    #expect(Pipeline.training.description.contains("ShareLogSumExp"))
    #expect(Pipeline.inference.description.contains("FoldBatchNormalization"))
    #expect(!Pipeline.training.description.contains("FoldBatchNormalization"))
  }

  @Test func aPipelineRestsOnItsResult() throws {
    let once = try Pipeline.inference.run(try Block.graph(causal: true, quickGELU: true))
    let log = RewriteLog()
    let twice = try Pipeline.inference.run(once, log: log)
    #expect(log.applications.isEmpty, "\(log.applications)")
    #expect(twice.description == once.description)
  }

  @Test func bisectionStopsAfterSomeRewrites() throws {
    let graph = try Block.graph(causal: false, quickGELU: true).inPrimitives()
    let all = RewriteLog()
    _ = try Pipeline.inference.run(graph, log: all)
    let total = all.applications.values.reduce(0, +)
    #expect(total > 20)
    for limit in [0, 1, total / 2, total - 1] {
      let log = RewriteLog()
      let part = try Pipeline.inference.run(graph, log: log, limit: limit)
      #expect(log.applications.values.reduce(0, +) == limit)
      #expect(try Evaluation.difference(graph, part) < 1e-5)
    }
  }
}
