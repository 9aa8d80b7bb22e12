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

  /// relu(bn(conv(relu(bn(conv x)))) + x), as residual networks repeat it.
  @Test func aBottleneckIsItsConvolutions() throws {
    let graph = try Graph.example { b, noise in
      let x = b.input("x", .float32, [.symbol("batch"), 2, 6, 6])
      let inner = b.scoped("first") { x.normalisedConvolution(bias: false, &noise).relu() }
      let w = b.parameter("w", noise.array([2, 6, 1, 1]))
      let vectors = (0..<3).map { b.parameter("v\($0)", noise.array([2])) }
      let variance = b.parameter("v", NDArray([Float(0.5), 2], [2]))
      let outer = inner.convolved(with: w, strides: [1, 1]).batchNormalization(
        scale: vectors[0], bias: vectors[1], mean: vectors[2], variance: variance, epsilon: 1e-5)
      b.output("y", (outer + x).relu())
    }
    let fused = try Pipeline.inference.run(graph)
    #expect(fused.operators == ["FusedConv", "FusedConv"])
    #expect(try Evaluation.difference(graph, fused) < 1e-5)
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
