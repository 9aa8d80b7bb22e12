import Graphs
import Operators
import Tensors
import Testing

/// Extents of 0 are no mistake: kernels leave everything else alone, and sums over nothing are 0.
struct EmptyTensorTests {
  static let cases: [OperatorCase] = {
    let window = ConvolutionWindow(strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1)
    let shape = integers([0, 3, 4, 4])
    func f(_ sizes: Int...) -> NDArray { floats(sizes, seed: 5) }
    return [
      .neural(op: MatMul(), inputs: [f(0, 3), f(3, 2)]), .neural(op: MatMul(), inputs: [f(2, 3), f(3, 0)]),
      .neural(
        op: MatMul(), inputs: [f(2, 0), f(0, 3)], expected: [NDArray([Float](repeating: 0, count: 6), [2, 3])]),
      .neural(op: MatMul(), inputs: [f(0, 2, 3), f(0, 3, 2)]), .neural(op: MatMul(), inputs: [f(0, 2, 3), f(3, 2)]),
      .neural(
        op: MatMul(), inputs: [f(2, 2, 0), f(2, 0, 2)], expected: [NDArray([Float](repeating: 0, count: 8), [2, 2, 2])]),
      .neural(op: Linear(transposed: false, activation: .gelu), inputs: [f(0, 4, 3), f(3, 2), f(2)]),
      .neural(op: Gemm(), inputs: [f(0, 3), f(3, 2), f(2)]),
      .neural(op: Gemm(beta: 2), inputs: [f(0, 3), f(3, 2), f(1, 1)]),
      .neural(op: Conv(window: window), inputs: [f(0, 3, 4, 4), f(5, 3, 2, 2), f(5)]),
      .neural(op: Conv(window: window), inputs: [f(2, 3, 4, 4), f(0, 3, 2, 2), f(0)]),
      .neural(op: FusedConv(window: window, activation: .relu), inputs: [f(0, 3, 4, 4), f(5, 3, 2, 2), f(5)]),
      .neural(
        op: ConvWeightGradient(window: window, kernelShape: [2, 2]), inputs: [f(0, 3, 4, 4), f(0, 5, 2, 2)],
        expected: [NDArray([Float](repeating: 0, count: 60), [5, 3, 2, 2])]),
      .neural(op: ConvInputGradient(window: window), inputs: [f(0, 5, 2, 2), f(5, 3, 2, 2), shape]),
      .neural(op: ConvTranspose(window: window), inputs: [f(0, 3, 2, 2), f(3, 5, 2, 2), f(5)]),
      .neural(op: AveragePool(window: PoolingWindow([2, 2])), inputs: [f(0, 3, 4, 4)]),
      .neural(
        op: AveragePoolGradient(window: PoolingWindow([2, 2]), countIncludePad: false),
        inputs: [f(0, 3, 3, 3), shape]),
      .neural(op: MaxPool(window: PoolingWindow([2, 2])), inputs: [f(2, 0, 4, 4)], outputs: 2),
      .neural(op: Softmax(), inputs: [f(0, 3)]), .neural(op: Softmax(), inputs: [f(3, 0)]),
      .neural(op: LogSoftmax(), inputs: [f(0, 3)]), .neural(op: SoftmaxGradient(), inputs: [f(0, 3), f(0, 3)]),
      .neural(op: LayerNormalization(), inputs: [f(0, 3), f(3), f(3)], outputs: 3),
      .neural(op: LayerNormalization(), inputs: [f(3, 0), f(0), f(0)]),
      .neural(
        op: LayerNormalizationGradient(), inputs: [f(0, 2), f(2), f(0, 2)], outputs: 3,
        expected: [f(0, 2), NDArray([Float(0), 0], [2]), NDArray([Float(0), 0], [2])]),
      .neural(op: BatchNormalization(), inputs: [f(0, 3, 4), f(3), f(3), f(3), f(3)]),
      .neural(op: BatchNormalization(), inputs: [f(2, 0, 4), f(0), f(0), f(0), f(0)]),
      .neural(
        op: BatchNormalizationTraining(), inputs: [f(2, 3, 0), f(3), f(3)], outputs: 3,
        expected: [f(2, 3, 0)] + [NDArray](repeating: NDArray([Float](repeating: .nan, count: 3), [3]), count: 2)),
      .neural(
        op: BatchNormalizationGradient(epsilon: 0.1, trainingMode: false),
        inputs: [f(0, 2), f(2), f(0, 2), f(2), f(2)], outputs: 3,
        expected: [f(0, 2), NDArray([Float(0), 0], [2]), NDArray([Float(0), 0], [2])]),
      .neural(op: Gelu(), inputs: [f(0, 3)]), .neural(op: QuickGeluGradient(), inputs: [f(0, 3), f(0, 3)]),
      .neural(op: SelfAttention(heads: 2, causal: true), inputs: [f(0, 3, 12)], outputs: 2),
      .neural(op: SelfAttention(heads: 2, causal: false), inputs: [f(2, 0, 12)], outputs: 2),
      .neural(op: SelfAttentionGradient(heads: 2, causal: true), inputs: [f(2, 0, 12), f(2, 0, 4), f(2, 0, 4)]),
      .neural(op: SelfAttentionGradient(heads: 2, causal: true), inputs: [f(0, 3, 12), f(0, 3, 4), f(0, 3, 4)]),
      .neural(
        op: GatherGradient(axis: 0), inputs: [f(0, 3), integers([]), integers([2, 3])],
        expected: [NDArray([Float](repeating: 0, count: 6), [2, 3])]),
      .neural(op: GatherGradient(axis: 0), inputs: [f(0, 3), integers([]), integers([0, 3])]),
      .neural(
        op: GatherNDGradient(batchDimensions: 1), inputs: [f(0, 3), integers([], [0, 1]), integers([0, 2, 3])]),
      .neural(op: SoftmaxCrossEntropyLossGradient(), inputs: [f(0, 3), integers([]), f()]),
      .neural(op: RowGroups(), inputs: [integers([], [0, 3])], expected: [integers([])]),
      .neural(op: RowGroups(), inputs: [integers([], [3, 0])], expected: [integers([0, 0, 0])]),
      .neural(op: AdamW(), inputs: [f(0), f(0), f(0), f(0), integers([1], []), f(), f(), f(), f(), f()], outputs: 3),
      .neural(
        op: AdamW(),
        inputs: [f(2, 0), f(3, 0), f(2, 0), f(2, 0), integers([1], []), f(), f(), f(), f(), f(), integers([0, 1, 1])],
        outputs: 3),
      .neural(
        op: AdamW(),
        inputs: [f(0, 3), f(0, 3), f(0, 3), f(0, 3), integers([1], []), f(), f(), f(), f(), f(), integers([])],
        outputs: 3),
    ]
  }()

  @Test(arguments: cases)
  func nothingIsComputedFromNothing(c: OperatorCase) throws {
    let graph = try c.forward
    let actual = try NaiveEvaluator.outputs(graph, c.fed)
    #expect(zip(graph.outputs, actual).allSatisfy { graph[$0.value].type == $1.type })
    for (y, wanted) in zip(actual, c.expected ?? []) { #expect(difference(y, wanted) == 0) }
  }
}
