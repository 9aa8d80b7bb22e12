import Graphs
import Operators
import Tensors

extension OperatorCase {
  /// Operators that stand for their definitions.
  static let foreign: [OperatorCase] = {
    let image = sample(61, [1, 2, 5, 5], [3, 2, 3, 3], [3], [1, 3, 5, 5])
    let window = ConvolutionWindow(strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1)
    var cases: [OperatorCase] = [
      .neural(op: FlattenedSoftmax(axis: 1), inputs: sample(62, [2, 3, 4])),
      .neural(op: FlattenedLogSoftmax(axis: -1), inputs: sample(63, [2, 3, 4])),
      .neural(op: RMSNormalization(axis: 1, epsilon: 0.1), inputs: sample(64, [2, 3, 4], [3, 4])),
      .neural(
        op: SimplifiedLayerNormalization(axis: -1, epsilon: 0.1), inputs: sample(65, [2, 3, 4], [4]), outputs: 2),
      .neural(op: BiasGelu(), inputs: sample(66, [2, 4], [4])),
      .neural(op: FastGelu(), inputs: sample(67, [2, 4], [4])),
      .neural(op: MicrosoftQuickGelu(alpha: 1), inputs: sample(68, [2, 4])),
      .neural(
        op: MicrosoftFusedMatMul(alpha: 0.5, transposeA: true, transposeB: true, transposeBatchA: true),
        inputs: sample(69, [5, 2, 4], [2, 6, 5])),
      .neural(
        op: SkipLayerNormalization(epsilon: 0.1), inputs: sample(70, [2, 3, 4], [3, 4], [4], [4], [4]), outputs: 4),
      .neural(
        op: SkipSimplifiedLayerNormalization(epsilon: 0.1), inputs: sample(71, [2, 3, 4], [2, 3, 4], [4], [4]),
        outputs: 4),
      .neural(op: MicrosoftAttention(heads: 2, isCausal: true), inputs: sample(72, [2, 3, 4], [4, 12], [12])),
      .neural(
        op: MicrosoftAttention(heads: 2, scale: 0.5, widths: [4, 4, 6]), inputs: sample(73, [2, 3, 4], [4, 14])),
      .neural(op: MultiHeadAttention(heads: 2), inputs: sample(74, [2, 3, 4], [2, 5, 4], [2, 5, 6], [14])),
      .neural(op: StandardAttention(isCausal: true), inputs: sample(75, [2, 4, 3, 6], [2, 2, 5, 6], [2, 2, 5, 6])),
      .neural(
        op: StandardAttention(queryHeads: 2, keyHeads: 1, scale: 0.3, softcap: 2),
        inputs: sample(76, [2, 3, 8], [2, 5, 4], [2, 5, 3])),
    ]
    for (activation, parameters) in [
      (MicrosoftFusedConv.Activation.none, nil), (.relu, nil), (.tanh, nil), (.sigmoid, nil), (.leakyRelu, [0.1]),
      (.clip, [-0.5, 0.5]), (.hardSigmoid, [0.2, 0.5]),
    ] as [(MicrosoftFusedConv.Activation, [Float]?)] {
      let op = MicrosoftFusedConv(conv: Conv(window: window), activation: activation, parameters: parameters)
      cases.append(.neural(op: op, inputs: image))
    }
    return cases
  }()
}
