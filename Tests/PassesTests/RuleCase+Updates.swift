import Graphs
import Operators
import Tensors

@testable import Passes

extension RuleCase {
  /// The gradient of the rows of a table [9, 8] that x says, which is itself the gradient of what was read; most rows are
  /// read more than once, and at least one never.
  private static func tableGradient(_ x: Tensor) -> Tensor {
    let indices = x.argmax(axis: -1, keepDimensions: false)
    return x.builder.apply(GatherGradient(axis: 0), [x, indices, x.builder.constant([9, 8])])
  }

  private static func updated(_ x: Tensor, _ gradient: Tensor, _ noise: inout Noise) -> Tensor {
    let b = x.builder
    let (p, m) = (b.parameter("p", noise.array([9, 8])), b.parameter("m", noise.array([9, 8])))
    let v = b.parameter("v", NDArray((0..<72).map { Float($0) / 72 }, [9, 8]))
    let scalars = [0.01, 0.9, 0.999, 1e-8, 0.2].map { b.constant(Float($0)) }
    return p.adamW(
      gradient: gradient, m: m, v: v, step: b.constant(NDArray(Int64(3))), learningRate: scalars[0], beta1: scalars[1],
      beta2: scalars[2], epsilon: scalars[3], weightDecay: scalars[4]
    ).p
  }

  /// Gradients of tables stay rows.
  static let updates: [RuleCase] = [
    RuleCase("AdamW on rows", UpdateByRows(), ["ArgMax", "AdamW"]) { x, noise in
      updated(x, tableGradient(x), &noise)
    },
    RuleCase("a sum of gradients and rows", SumByRows(), ["ArgMax", "Unsqueeze", "ScatterND"]) { x, noise in
      x.builder.parameter("sum", noise.array([9, 8])) + tableGradient(x)
    },
    RuleCase("rows first", SumByRows(), ["ArgMax", "Unsqueeze", "ScatterND"]) { x, noise in
      tableGradient(x) + x.builder.parameter("sum", noise.array([9, 8]))
    },
  ]
}
