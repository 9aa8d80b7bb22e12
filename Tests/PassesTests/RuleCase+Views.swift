import Graphs
import Operators
import Tensors

@testable import Passes

extension RuleCase {
  /// Rules that move movements: what they work on may have other users.
  static let movements: [RuleCase] = [
    RuleCase("three movements", SimplifyViews(), ["Reshape"]) { x, _ in
      x.reshaped(shape: x.builder.constant([-1, 2, 4])).transposed([1, 0, 2]).transposed([1, 0, 2])
    },
    RuleCase("heads that stay together", SimplifyViews(), ["Relu", "Transpose"]) { x, _ in
      x.relu().reshaped(shape: x.builder.constant([0, 0, 2, 4])).transposed([1, 0, 2, 3])
        .reshaped(shape: x.builder.constant([0, 0, 8]))
    },
    RuleCase("projection of a sequence that comes first", MovementBehindRows(), ["Linear", "Transpose"]) { x, noise in
      x.transposed([1, 0, 2]).linear(x.builder.parameter("w", noise.array([8, 3])))
    },
    RuleCase("projection with a residual", MovementBehindRows(), ["Linear", "Transpose"]) { x, noise in
      let moved = x.transposed([1, 0, 2])
      return moved.linear(x.builder.parameter("w", noise.array([8, 8])), residual: moved)
    },
    RuleCase("normalisation of rows on one axis", MovementBehindRows(), ["LayerNormalization", "Reshape"]) { x, noise in
      x.reshaped(shape: x.builder.constant([-1, 8])).layerNormalization(
        scale: x.builder.parameter("s", noise.array([8])), bias: nil, epsilon: 1e-5)
    },
    RuleCase("function of what is moved", MovementBehindElements(), ["Tanh", "Transpose"]) { x, _ in
      x.transposed([1, 0, 2]).tanh()
    },
    RuleCase("sum of what is moved", MovementBehindElements(), ["Tanh", "Add", "Transpose"]) { x, _ in
      x.transposed([1, 0, 2]) + x.tanh().transposed([1, 0, 2])
    },
    RuleCase("sum with a vector", MovementBehindElements(), ["Add", "Reshape"]) { x, noise in
      x.reshaped(shape: x.builder.constant([-1, 8])) + x.builder.parameter("b", noise.array([8]))
    },
    RuleCase("choice from a sequence that comes first", TransposeBehindAxes(), ["Gather", "Transpose"]) { x, _ in
      x.transposed([1, 0, 2]).gather(x.builder.constant(NDArray(Int64(0))), axis: 0)
    },
    RuleCase("sequences that come first, one after the other", TransposeBehindAxes(), ["Tanh", "Concat", "Transpose"]) {
      x, _ in concatenated([x.transposed([1, 0, 2]), x.tanh().transposed([1, 0, 2])], axis: 0)
    },
    RuleCase("mean over a sequence that comes first", TransposeBehindAxes(), ["ReduceMean", "Transpose"]) { x, _ in
      x.transposed([1, 0, 2]).mean([0], keepDimensions: true)
    },
    RuleCase("sum with what is repeated", ExpandBehindElements(), ["Add"]) { x, noise in
      x.builder.parameter("v", noise.array([8])).expanded(like: x, [1, 1]) + x
    },
    RuleCase("repeated rows", ExpandBehindRows(), ["MatMul", "Shape", "Shape", "Concat", "Expand"]) { x, noise in
      x.builder.parameter("v", noise.array([1, 1, 8])).expanded(like: x, [0, 1])
        .matmul(x.builder.parameter("w", noise.array([8, 3])))
    },
    RuleCase("factor of an operand", FactorIntoProduct(), ["Tanh", "Transpose", "FusedMatMul"]) { x, _ in
      x.tanh() * 0.25 • x.transposed()
    },
    RuleCase("leading axes of one", LeadingAxesDropped(), ["ReduceMean", "Add"]) { x, _ in
      x.mean([0, 1]).reshaped(shape: x.builder.constant([1, 1, 8])) + x
    },
    RuleCase("repeated mask of attention", SimplifyAttentionMask(), ["Reshape", "ScaledDotProductAttention"]) { x, _ in
      let q = x.reshaped(shape: x.builder.constant([-1, 1, 4, 2]))
      let mask = NDArray((0..<16).map { $0 % 4 <= $0 / 4 ? Float(0) : -.infinity }, [1, 1, 4, 4])
      let repeated = x.builder.parameter("mask", mask).expanded(
        shape: concatenated([q.dimension(0), x.builder.constant([1, 4, 4])], axis: 0))
      return q.scaledDotProductAttention(q, q, mask: repeated, scale: 0.5, causal: false)
    },
    RuleCase("mask that hides nothing", RemoveNeutral(), ["Relu"]) { x, _ in
      x.relu() + x.builder.parameter("mask", NDArray([Float](repeating: 0, count: 8), [1, 8]))
    },
    RuleCase("condition that holds anyway", RemoveTrue(), ["Greater", "Where"]) { x, _ in
      let yes = x.builder.parameter("yes", NDArray([true], [1]))
      return x.greater(than: x.builder.constant(0)).and(yes).select(x, x.builder.constant(1))
    },
  ]

  /// Rules about tokens that are chosen.
  static let selections: [RuleCase] = [
    RuleCase("bias added to the residual", LinearWithAddend(), ["Tanh", "Linear"]) { x, noise in
      x.linear(x.builder.parameter("w", noise.array([8, 8]))) + (x.tanh() + x.builder.parameter("b", noise.array([8])))
    },
    RuleCase("token of normalised rows", SelectionBeforeRows(), ["Gather", "LayerNormalization"]) { x, noise in
      x.layerNormalization(scale: x.builder.parameter("s", noise.array([8])), bias: nil, epsilon: 1e-5)
        .gather(x.builder.constant(NDArray(Int64(1))), axis: 1)
    },
    RuleCase("token of projected rows", SelectionBeforeRows(), ["Gather", "Linear"]) { x, noise in
      x.linear(x.builder.parameter("w", noise.array([8, 3]))).gather(x.builder.constant(NDArray(Int64(0))), axis: 1)
    },
    RuleCase("rows at positions", PoolingByBatch(), ["ReduceMean", "ArgMax", "GatherND"]) { x, _ in
      let positions = x.mean([2], keepDimensions: false).argmax(axis: -1, keepDimensions: true)
      return x.gatherND(concatenated([x.rowNumbers().unsqueezed([1]), positions], axis: 1))
    },
    RuleCase(
      "flat rows at positions", PoolingByFlatIndex(), ["ReduceMean", "ArgMax", "Unsqueeze", "GatherND"]
    ) { x, _ in
      let positions = x.mean([2], keepDimensions: false).argmax(axis: -1, keepDimensions: false)
      let flat = x.reshaped(shape: x.builder.constant([-1, 8]))
      return flat.gather(positions + x.rowNumbers() * x.dimension(1), axis: 0)
    },
    RuleCase("positions with an axis of one", ArgMaxKeepsAxis(), ["ArgMax", "Cast"]) { x, _ in
      x.argmax(axis: 1).unsqueezed([1]).cast(to: .float32)
    },
    RuleCase("norm", FuseReduceL2(), ["Tanh", "ReduceL2"]) { x, _ in
      let y = x.tanh()
      return (y * y).sum([-1], keepDimensions: true).squareRoot()
    },
    RuleCase("attention with one query", SelectedQuery(), ["Slice", "Linear", "Linear", "CrossAttention", "Reshape"]) {
      x, noise in
      x.linear(x.builder.parameter("w", noise.array([8, 24])), bias: x.builder.parameter("b", noise.array([24])))
        .selfAttention(heads: 2, causal: false).gather(x.builder.constant(NDArray(Int64(0))), axis: 1)
    },
    RuleCase("three projections", FuseSelfAttention(), attention("Linear", "SelfAttention")) { x, noise in
      let (q, k, v) = (x.projected("q", &noise), x.projected("k", &noise), x.projected("v", &noise))
      return q.heads(2, 4).scaledDotProductAttention(k.heads(2, 4), v.heads(2, 4), scale: 0.5, causal: true)
    },
    RuleCase("another sequence", FuseCrossAttention(), attention("Slice", "Linear", "Linear", "CrossAttention")) {
      x, noise in
      let q = x.sliced(axis: 1, from: 0, to: 1).projected("q", &noise)
      let (k, v) = (x.projected("k", &noise), x.projected("v", &noise))
      return q.heads(2, 4).scaledDotProductAttention(k.heads(2, 4), v.heads(2, 4), scale: 0.5, causal: false)
    },
  ]

  /// Rules about numbers that count.
  static let counts: [RuleCase] = [
    RuleCase("all rows", GatherOfAll(), ["Relu"]) { x, _ in x.relu().gather(x.rowNumbers(), axis: 0) },
    RuleCase("all pairs", GatherNDOfAll(), ["ReduceMean"]) { x, _ in
      let extents = concatenated([x.dimension(0), x.dimension(1)], axis: 0)
      let (zero, one) = (x.builder.constant(NDArray(Int64(0))), x.builder.constant(NDArray(Int64(1))))
      let columns = x.builder.range(zero, x.dimension(1).squeezed([0]), one).unsqueezed([0]).expanded(shape: extents)
      let rows = x.rowNumbers().unsqueezed([1]).expanded(shape: extents)
      return x.mean([2]).gatherND(concatenated([rows.unsqueezed([2]), columns.unsqueezed([2])], axis: 2))
    },
    RuleCase("the first numbers", SliceOfCounting(), ["Shape", "Squeeze", "Range", "Reshape", "Cast"]) { x, _ in
      let numbers = x.builder.parameter("ids", NDArray((0..<16).map { Int64($0) }, [1, 16]))
      return numbers.sliced(starts: x.builder.constant([0]), ends: x.dimension(1), axes: [1]).cast(to: .float32)
    },
    RuleCase("rows with an axis of one", GatherByRows(), ["Shape", "Squeeze", "Range", "Gather", "Reshape"]) {
      x, noise in
      x.builder.parameter("table", noise.array([8, 3])).gather(x.rowNumbers().unsqueezed([0]), axis: 0)
    },
    RuleCase("narrowed tokens", TokensUnnarrowed(), ["ArgMax", "Gather", "ArgMax", "Cast", "Unsqueeze", "Add"]) {
      x, noise in
      let tokens = x.argmax(axis: 2)
      let rows = x.builder.parameter("table", noise.array([8, 3])).gather(tokens, axis: 0)
      return rows
        + tokens.cast(to: .int32).argmax(axis: 1, keepDimensions: true).cast(to: .float32).unsqueezed([2])
    },
  ]

  private static func attention(_ operators: String...) -> [String] { operators + ["Reshape", "Transpose"] }
}

infix operator • : MultiplicationPrecedence

extension Tensor {
  fileprivate static func • (a: Tensor, b: Tensor) -> Tensor { a.matmul(b) }

  /// A projection of self [B, L, 8] to as many features.
  fileprivate func projected(_ name: String, _ noise: inout Noise) -> Tensor {
    linear(
      builder.parameter("\(name).weight", noise.array([8, 8])),
      bias: builder.parameter("\(name).bias", noise.array([8])))
  }

  /// [B, L, H · Dh] → [B, H, L, Dh]
  fileprivate func heads(_ count: Int, _ width: Int) -> Tensor {
    reshaped(shape: builder.constant([0, 0, count, width])).transposed([0, 2, 1, 3])
  }

  /// 0, 1, 2 … for every element of a batch.
  fileprivate func rowNumbers() -> Tensor {
    let (zero, one) = (builder.constant(NDArray(Int64(0))), builder.constant(NDArray(Int64(1))))
    return builder.range(zero, dimension(0).squeezed([0]), one)
  }

  /// Repeated along axes of another tensor.
  fileprivate func expanded(like other: Tensor, _ axes: [Int]) -> Tensor {
    let extents = (0..<3).map { axes.contains($0) ? other.dimension($0) : builder.constant([1]) }
    return expanded(shape: concatenated(extents, axis: 0))
  }
}
