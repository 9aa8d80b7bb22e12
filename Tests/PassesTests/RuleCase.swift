import Graphs
import Operators
import Tensors

@testable import Passes

/// A rule with a graph in which it fires once.
struct RuleCase: Sendable, CustomStringConvertible {
  var description: String
  var rule: any RewriteRule
  /// The operators after the rule alone, in order.
  var expected: [String]
  /// Makes the result from x [batch, sequence, 8].
  var make: @Sendable (Tensor, inout Noise) -> Tensor

  init(
    _ description: String, _ rule: any RewriteRule, _ expected: [String],
    _ make: @escaping @Sendable (Tensor, inout Noise) -> Tensor
  ) {
    (self.description, self.rule, self.expected, self.make) = (description, rule, expected, make)
  }

  /// The canonical graph of `make`; with `alsoRead`, the graph also gives the value made by its node of that index.
  func graph(alsoRead node: Int? = nil) throws -> Graph {
    var graph = try Graph.example { b, noise in
      b.output("y", make(b.input("x", .float32, [.symbol("batch"), .symbol("sequence"), 8]), &noise))
    }
    graph = try Pipeline.canonical.run(graph)
    if let node, let value = graph.nodes[node].outputs[0] { graph.outputs.append(.init(name: "inner", value: value)) }
    return graph
  }

  static let all = simplifications + absorptions + fusions + movements + selections + counts + rows + updates

  static let simplifications: [RuleCase] = [
    RuleCase("x + 0", RemoveNeutral(), ["Relu"]) { x, _ in x.relu() + 0 },
    RuleCase("0 + x", RemoveNeutral(), ["Relu"]) { x, _ in 0 + x.relu() },
    RuleCase("x - 0", RemoveNeutral(), ["Relu"]) { x, _ in x.relu() - 0 },
    RuleCase("x * 1", RemoveNeutral(), ["Relu"]) { x, _ in x.relu() * 1 },
    RuleCase("x / 1", RemoveNeutral(), ["Relu"]) { x, _ in x.relu() / 1 },
    RuleCase("Identity", RemoveUnchanged(), ["Relu"]) { x, _ in x.relu().identity() },
    RuleCase("Reshape to the same shape", RemoveUnchanged(), ["Relu"]) { x, _ in
      x.relu().reshaped(shape: x.builder.constant([0, 0, 8]))
    },
    RuleCase("Transpose that moves nothing", RemoveUnchanged(), ["Relu"]) { x, _ in x.relu().transposed([0, 1, 2]) },
    RuleCase("Expand to the same shape", RemoveUnchanged(), ["Relu"]) { x, _ in
      x.relu().expanded(shape: x.builder.constant([1, 1, 8]))
    },
    RuleCase("Concat of one", RemoveUnchanged(), ["Relu"]) { x, _ in concatenated([x.relu()], axis: 1) },
    RuleCase("Slice of all", RemoveUnchanged(), ["Relu"]) { x, _ in x.relu().sliced(axis: 2, from: 0, to: 8) },
    RuleCase("Reshape of Reshape", MergeReshapes(), ["Reshape"]) { x, _ in
      x.reshaped(shape: x.builder.constant([0, 0, 2, 4])).reshaped(shape: x.builder.constant([0, 0, 4, 2]))
    },
    RuleCase("Squeeze of Unsqueeze", MergeReshapes(), ["Relu"]) { x, _ in x.relu().unsqueezed([1]).squeezed([1]) },
    RuleCase("Transpose of Transpose", MergeTransposes(), ["Transpose"]) { x, _ in
      x.transposed([1, 2, 0]).transposed([1, 2, 0])
    },
    RuleCase("Transpose and back", MergeTransposes(), ["Relu"]) { x, _ in x.relu().transposed().transposed() },
    RuleCase("double negation", RemoveDoubleNegation(), ["Relu"]) { x, _ in -(-x.relu()) },
    RuleCase("two factors", MergeScalarFactors(), ["Mul"]) { x, _ in (x * 3) * 0.25 },
    RuleCase("factor and divisor", MergeScalarFactors(), ["Mul"]) { x, _ in (x * 3) * 0.5 },
  ]

  /// What these take in may have other users: it is then computed for those alone.
  static let absorptions: [RuleCase] = [
    RuleCase("attention, factors on operands", FuseScaledDotProductAttention(), attention) { x, _ in
      let (q, k, v) = heads(x)
      return (q * 0.7).matmul((k * 0.7).transposed()).softmax().matmul(v)
    },
    RuleCase("transposed operand", TransposeIntoProduct(), ["FusedMatMul"]) { x, _ in x.matmul(x.transposed()) },
  ]

  static let fusions: [RuleCase] = [
    RuleCase("layer normalisation", FuseLayerNormalization(bias: true), ["LayerNormalization"]) { x, noise in
      let (scale, bias) = (x.builder.parameter("s", noise.array([8])), x.builder.parameter("b", noise.array([8])))
      return LayerNormalization.definition(x, scale: scale, bias: bias, epsilon: x.builder.constant(1e-6)).y
    },
    RuleCase("layer normalisation by Pow", FuseLayerNormalization(bias: true), ["LayerNormalization"]) { x, noise in
      let (scale, bias) = (x.builder.parameter("s", noise.array([8])), x.builder.parameter("b", noise.array([8])))
      let centred = x - x.mean([2], keepDimensions: true)
      let deviation = (1e-6 + centred.pow(2).mean([-1], keepDimensions: true)).pow(0.5)
      return bias + scale * (centred / deviation)
    },
    RuleCase("layer normalisation without bias", FuseLayerNormalization(bias: false), ["LayerNormalization"]) {
      x, noise in
      let scale = x.builder.parameter("s", noise.array([8]))
      return LayerNormalization.definition(x, scale: scale, bias: nil, epsilon: x.builder.constant(1e-6)).y
    },
    RuleCase("GELU", FuseGelu(), ["Gelu"]) { x, _ in x * ((x / Float(2).squareRoot()).erf() + 1) * 0.5 },
    RuleCase("GELU, half first", FuseGelu(), ["Gelu"]) { x, _ in 0.5 * x * (1 + (x * Float(0.5).squareRoot()).erf()) },
    RuleCase("GELU, half of the gate", FuseGelu(), ["Gelu"]) { x, _ in
      ((x / Float(2).squareRoot()).erf() + 1) * 0.5 * x
    },
    RuleCase("GELU by tanh", FuseGelu(), ["Gelu"]) { x, _ in
      x * 0.5 * (1 + ((x + x.pow(3) * 0.044715) * 0.797_884_56).tanh())
    },
    RuleCase("quick GELU", FuseQuickGelu(), ["QuickGelu"]) { x, _ in (x * 1.702).sigmoid() * x },
    RuleCase("attention", FuseScaledDotProductAttention(), attention) { x, _ in
      let (q, k, v) = heads(x)
      return (q.matmul(k.transposed()) * 0.5).softmax().matmul(v)
    },
    RuleCase("attention with a mask", FuseScaledDotProductAttention(), attention) { x, noise in
      let (q, k, v) = heads(x)
      let mask = x.builder.parameter("mask", noise.array([4, 4]))
      return (mask + q.matmul(k.transposed()) / 2).softmax().matmul(v)
    },
    RuleCase("product with a weight", LinearFromProduct(), ["Relu", "Linear"]) { x, noise in
      x.relu().matmul(x.builder.parameter("w", noise.array([8, 3])))
    },
    RuleCase("bias", LinearWithAddend(), ["Relu", "Linear"]) { x, noise in
      x.relu().linear(x.builder.parameter("w", noise.array([8, 3]))) + x.builder.parameter("b", noise.array([3]))
    },
    RuleCase("residual", LinearWithAddend(), ["Linear"]) { x, noise in
      x + x.linear(x.builder.parameter("w", noise.array([8, 8])), bias: x.builder.parameter("b", noise.array([8])))
    },
    RuleCase("activation", LinearWithActivation(), ["Linear"]) { x, noise in
      x.linear(x.builder.parameter("w", noise.array([8, 3])), transposed: false).quickGelu()
    },
    RuleCase("normalised convolution", FoldBatchNormalization(), ["Reshape", "Conv"]) { x, noise in
      images(x).normalisedConvolution(bias: true, &noise)
    },
    RuleCase("normalised convolution without bias", FoldBatchNormalization(), ["Reshape", "Conv"]) { x, noise in
      images(x).normalisedConvolution(bias: false, &noise)
    },
    RuleCase("sum with a convolution", ConvWithAddend(), ["Reshape", "Relu", "FusedConv"]) { x, noise in
      let images = images(x)
      return images.relu()
        + images.convolved(with: x.builder.parameter("w", noise.array([2, 2, 1, 1])), strides: [1, 1])
    },
    RuleCase("activated convolution", ConvWithActivation(), ["Reshape", "FusedConv"]) { x, noise in
      let (w, b) = (x.builder.parameter("w", noise.array([3, 2, 2, 2])), x.builder.parameter("b", noise.array([3])))
      return images(x).convolved(with: w, bias: b, strides: [1, 1], pads: [1, 1, 0, 0]).relu()
    },
    RuleCase("activated sum with a convolution", ConvWithActivation(), ["Reshape", "Tanh", "FusedConv"]) { x, noise in
      let images = images(x)
      let w = x.builder.parameter("w", noise.array([2, 2, 1, 1]))
      let window = ConvolutionWindow()
      return x.builder.apply(FusedConv(window: window, activation: .none), [images, w, nil, images.tanh()]).gelu()
    },
    RuleCase("transposed product", TransposeOfProduct(), ["FusedMatMul"]) { x, noise in
      x.matmul(x.builder.parameter("w", noise.array([8, 3]))).transposed()
    },
    RuleCase("factor of a product", ScaleIntoProduct(), ["Transpose", "FusedMatMul"]) { x, _ in
      x.matmul(x.transposed()) * 0.25
    },
  ]

  private static let attention = [
    "Reshape", "Relu", "Tanh", "Sigmoid", "Transpose", "Transpose", "ScaledDotProductAttention",
  ]

  /// Images [batch · sequence, 2, 2, 2] of x.
  private static func images(_ x: Tensor) -> Tensor { x.reshaped(shape: x.builder.constant([-1, 2, 2, 2])) }

  /// Query, key and value [batch · sequence, 1, 4, 2] of x.
  private static func heads(_ x: Tensor) -> (Tensor, Tensor, Tensor) {
    let split = x.reshaped(shape: x.builder.constant([-1, 1, 4, 2]))
    return (split.relu(), split.tanh(), split.sigmoid())
  }
}

extension Tensor {
  /// Batch normalisation of a convolution of self [B, 2, H, W] in two groups, to six channels.
  func normalisedConvolution(bias: Bool, _ noise: inout Noise) -> Tensor {
    let weight = builder.parameter("weight", noise.array([6, 1, 2, 2]))
    let offsets = bias ? builder.parameter("offsets", noise.array([6])) : nil
    let vectors = ["scale", "bias", "mean"].map { builder.parameter($0, noise.array([6])) }
    let variance = builder.parameter("variance", NDArray((0..<6).map { 0.5 + Float($0) }, [6]))
    return convolved(with: weight, bias: offsets, strides: [1, 1], pads: [0, 1, 1, 0], groups: 2)
      .batchNormalization(
        scale: vectors[0], bias: vectors[1], mean: vectors[2], variance: variance, epsilon: 1e-5)
  }
}
