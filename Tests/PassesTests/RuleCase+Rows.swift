import Graphs
import Operators
import Tensors

@testable import Passes

extension RuleCase {
  /// The token of x [batch, sequence, 8] that is read: the first, or one for each sequence.
  private static func first(_ x: Tensor) -> Tensor { x.gather(x.builder.constant(NDArray(Int64(0))), axis: 1) }
  private static func own(_ x: Tensor, from read: Tensor) -> Tensor {
    x.gatherND(read.mean([2], keepDimensions: false).argmax(axis: -1, keepDimensions: true), batchDimensions: 1)
  }

  private static func projected(_ x: Tensor, _ noise: inout Noise) -> Tensor {
    let b = x.builder
    return x.linear(b.parameter("w", noise.array([8, 24])), bias: b.parameter("b", noise.array([24])))
  }

  /// The choice of a row goes before what treats rows alike.
  static let rows: [RuleCase] = [
    RuleCase("a row of Linear with a residual", SelectRows(), ["Gather", "Gather", "Linear"]) { x, noise in
      let w = x.builder.parameter("w", noise.array([8, 8]))
      return first(x.linear(w, residual: x, activation: .gelu))
    },
    RuleCase("a row of LayerNormalization", SelectRows(), ["Gather", "LayerNormalization"]) { x, noise in
      let (scale, bias) = (x.builder.parameter("s", noise.array([8])), x.builder.parameter("b", noise.array([8])))
      return first(x.layerNormalization(scale: scale, bias: bias, epsilon: 1e-5))
    },
    RuleCase("a row of a sum", SelectRows(), ["Gather", "Add"]) { x, noise in
      first(x + x.builder.parameter("b", noise.array([8])))
    },
    RuleCase(
      "a row of attention", SelectRows(), ["Gather", "Linear", "Unsqueeze", "Linear", "CrossAttention", "Squeeze"]
    ) { x, noise in
      first(projected(x, &noise).selfAttention(heads: 2, causal: false))
    },
    RuleCase(
      "rows of causal attention", SelectRows(),
      [
        "ReduceMean", "ArgMax", "Shape", "Squeeze", "Range", "LessOrEqual", "Where", "Unsqueeze", "GatherND", "Linear",
        "Unsqueeze", "Linear", "CrossAttention", "Squeeze",
      ]
    ) { x, noise in
      own(projected(x, &noise).selfAttention(heads: 2, causal: true), from: x)
    },
    RuleCase("keys and values of one query", AbsorbProjection(), ["Slice", "AbsorbedAttention"]) { x, noise in
      let b = x.builder
      let kv = x.linear(b.parameter("w", noise.array([8, 16])), bias: b.parameter("b", noise.array([16])))
      return x.sliced(axis: 1, from: 0, to: 1).crossAttention(kv, heads: 2)
    },
    RuleCase(
      "keys and values of one query, transposed", AbsorbProjection(),
      ["ReduceMean", "Unsqueeze", "Slice", "AbsorbedAttention"]
    ) { x, noise in
      let b = x.builder
      let mask = x.mean([2], keepDimensions: false).unsqueezed([1, 2])
      let kv = x.linear(b.parameter("w", noise.array([16, 8])), transposed: true)
      return x.sliced(axis: 1, from: 0, to: 1).crossAttention(kv, mask: mask, heads: 2)
    },
  ]
}
