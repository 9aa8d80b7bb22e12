import Graphs
import Tensors
import Testing

@testable import Operators

/// Definitions and gradients hold for symbolic batches and sequences, and mean the same once those are bound.
struct SymbolicDefinitionTests {
  typealias Body = @Sendable (GraphBuilder) -> [Tensor]

  private static func x(_ b: GraphBuilder, _ name: String, _ shape: Shape) -> Tensor { b.input(name, .float32, shape) }
  private static let (batch, tokens) = (Dimension.symbol("batch"), Dimension.symbol("sequence"))

  static let bodies: [(String, Body)] = [
    (
      "SelfAttention",
      { b in
        let result = x(b, "qkv", [batch, tokens, 24]).selfAttentionWithLogSumExp(heads: 2, causal: true)
        return [result.output, result.logSumExp]
      }
    ),
    (
      "SelfAttentionGradient",
      { b in
        [
          x(b, "qkv", [batch, tokens, 24]).selfAttentionGradient(
            output: x(b, "o", [batch, tokens, 8]), x(b, "do", [batch, tokens, 8]), heads: 2, causal: true)
        ]
      }
    ),
    (
      "ScaledDotProductAttention",
      { b in
        [
          x(b, "q", [batch, 2, tokens, 4]).scaledDotProductAttention(
            x(b, "k", [batch, 2, tokens, 4]), x(b, "v", [batch, 2, tokens, 4]), mask: x(b, "m", [tokens, tokens]),
            scale: 0.5, causal: true)
        ]
      }
    ),
    (
      "LayerNormalizationGradient",
      { b in
        let results = x(b, "x", [batch, tokens, 8]).layerNormalizationGradient(
          scale: x(b, "s", [8]), x(b, "dy", [batch, tokens, 8]), epsilon: 1e-5)
        return [results.dx, results.dscale, results.dbias]
      }
    ),
    (
      "BatchNormalization",
      { b in
        let images = x(b, "x", [batch, 3, tokens, tokens])
        let (scale, old) = (x(b, "s", [3]), x(b, "r", [3]))
        let y = images.batchNormalizationTraining(scale: scale, bias: x(b, "b", [3]), epsilon: 0.1)
        let running = images.batchNormalizationRunningStatistics(
          mean: old, variance: old, batch: (y.mean, y.variance), momentum: 0.1)
        let gradients = images.batchNormalizationGradient(
          scale: scale, x(b, "dy", [batch, 3, tokens, tokens]), statistics: (y.mean, y.variance), epsilon: 0.1,
          trainingMode: true)
        return [running.mean, running.variance, gradients.dx, gradients.dscale, gradients.dbias]
      }
    ),
    (
      "Linear",
      { b in
        [
          x(b, "x", [batch, tokens, 8]).linear(
            x(b, "w", [8, 6]), bias: x(b, "b", [6]), residual: x(b, "r", [batch, tokens, 6]), activation: .quickGelu)
        ]
      }
    ),
    (
      "SoftmaxCrossEntropyLoss",
      { b in
        let (zero, one) = (b.constant(NDArray(Int64(0))), b.constant(NDArray(Int64(1))))
        let logits = x(b, "logits", [batch, batch])
        return [logits.softmaxCrossEntropyLoss(labels: b.range(zero, logits.dimension(0).squeezed([0]), one))]
      }
    ),
    (
      "SoftmaxCrossEntropyLossGradient",
      { b in
        let (zero, one) = (b.constant(NDArray(Int64(0))), b.constant(NDArray(Int64(1))))
        let logits = x(b, "logits", [batch, batch])
        let labels = b.range(zero, logits.dimension(0).squeezed([0]), one)
        return [b.apply(SoftmaxCrossEntropyLossGradient(), [logits, labels, x(b, "d", [])])]
      }
    ),
    (
      "ConvWeightGradient",
      { b in
        let window = ConvolutionWindow(strides: [4, 4], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1)
        let op = ConvWeightGradient(window: window, kernelShape: [4, 4])
        return [b.apply(op, [x(b, "x", [batch, 3, 8, 8]), x(b, "dy", [batch, 5, 2, 2])])]
      }
    ),
    (
      "ConvInputGradient",
      { b in
        let window = ConvolutionWindow(strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1)
        let shape = x(b, "x", [batch, 3, 8, 8]).shapeTensor()
        return [
          b.apply(ConvInputGradient(window: window), [x(b, "dy", [batch, 5, 4, 4]), x(b, "w", [5, 3, 3, 3]), shape])
        ]
      }
    ),
    (
      "AveragePoolGradient",
      { b in
        let op = AveragePoolGradient(
          window: PoolingWindow([3, 2], strides: [2, 2], pads: [1, 0, 0, 1], ceilMode: true), countIncludePad: true)
        return [b.apply(op, [x(b, "dy", [batch, 5, 4, 3]), x(b, "x", [batch, 5, 8, 6]).shapeTensor()])]
      }
    ),
    (
      "MaxPool's gradient",
      { b in
        let image = x(b, "x", [batch, 5, 8, 6])
        let indices = b.apply(MaxPool(window: PoolingWindow([2, 2], strides: [2, 2])), [image], outputs: 2)[1]
        let size = b.constant([-1])
        let count = image.reshaped(shape: size).shapeTensor()
        let dy = x(b, "dy", [batch, 5, 4, 3]).reshaped(shape: size)
        return [b.apply(GatherGradient(axis: 0), [dy, indices.reshaped(shape: size), count])]
      }
    ),
    (
      "GatherGradient",
      { b in
        let indices = b.constant(NDArray([1, 1, 0] as [Int64], [3]))
        let shape = x(b, "x", [batch, 5, tokens]).shapeTensor()
        return [b.apply(GatherGradient(axis: 1), [x(b, "dy", [batch, 3, tokens]), indices, shape])]
      }
    ),
    (
      "GatherNDGradient",
      { b in
        let (zero, one) = (b.constant(NDArray(Int64(0))), b.constant(NDArray(Int64(1))))
        let table = x(b, "x", [batch, batch, 4])
        let indices = b.range(zero, table.dimension(0).squeezed([0]), one).unsqueezed([1])
        return [b.apply(GatherNDGradient(batchDimensions: 1), [x(b, "dy", [batch, 4]), indices, table.shapeTensor()])]
      }
    ),
  ]

  @Test(arguments: bodies.map(\.0))
  func holdsForEverySize(name: String) throws {
    let body = try #require(Self.bodies.first { $0.0 == name }).1
    let graph = try Graph.build(name) { b in
      for (index, result) in body(b).enumerated() { b.output("y\(index)", result) }
    }
    let expanded = try graph.expanding { _, node in !type(of: node.op).isStandard }
    #expect(expanded.nodes.allSatisfy { type(of: $0.op).isStandard })
    for sizes in [["batch": 1, "sequence": 1], ["batch": 3, "sequence": 5]] {
      let (composite, primitive) = (try graph.bound(sizes), try expanded.bound(sizes))
      let fed = composite.inputs.enumerated().map {
        floats(composite[$1].type.shape.sizes ?? [], seed: UInt64($0) + 200)
      }
      let actual = try NaiveEvaluator.outputs(composite, fed)
      for (y, wanted) in zip(actual, try NaiveEvaluator.outputs(primitive, fed)) {
        #expect(difference(y, wanted) < 5e-5)
      }
    }
  }
}
