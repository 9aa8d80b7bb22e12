import Foundation
import Graphs
import Operators
import Tensors

extension OperatorCase {
  private static let x = floats([3, 4], seed: 421, in: -3...3)
  private static let small = floats([3, 4], seed: 422, in: -0.9...0.9)

  private static func map(
    _ op: any Operator, _ x: NDArray = x, wanted: [Int] = [], _ f: (Double) -> Double
  ) -> OperatorCase {
    OperatorCase(name: "\(op)", op: op, inputs: [x], expected: [x.mapped(f)], wanted: wanted)
  }

  static let pointwise: [OperatorCase] = [
    map(Round(), NDArray([Float(0.5), 1.5, -2.5, 2.4], [4])) { $0.rounded(.toNearestOrEven) },
    map(Sign(), NDArray([Float(0), -2, 3], [3])) { $0 == 0 ? 0 : $0 / abs($0) },
    map(Tan(), small, wanted: [0]) { tan($0) },
    map(Asin(), small, wanted: [0]) { asin($0) },
    map(Acos(), small, wanted: [0]) { acos($0) },
    map(Atan(), wanted: [0]) { atan($0) },
    map(Sinh(), wanted: [0]) { sinh($0) },
    map(Cosh(), wanted: [0]) { cosh($0) },
    map(Asinh(), wanted: [0]) { asinh($0) },
    map(Acosh(), floats([3, 4], seed: 423, in: 1.2...4), wanted: [0]) { acosh($0) },
    map(Atanh(), small, wanted: [0]) { atanh($0) },
    map(LeakyRelu(alpha: 0.2)) { $0 < 0 ? 0.2 * $0 : $0 },
    OperatorCase(
      name: "PRelu", op: PRelu(), inputs: [x, floats([4], seed: 424)],
      expected: [NDArray.make(.float32, [3, 4]) { x.at($0) * (x.at($0) < 0 ? floats([4], seed: 424).at([$0[1]]) : 1) }]),
    map(Elu(alpha: 0.5)) { $0 < 0 ? 0.5 * expm1($0) : $0 },
    map(Selu()) { 1.050_701 * ($0 > 0 ? $0 : 1.673_263_2 * expm1($0)) },
    map(Celu(alpha: 2)) { max(0, $0) + min(0, 2 * expm1($0 / 2)) },
    map(ThresholdedRelu(alpha: 0.5)) { $0 > 0.5 ? $0 : 0 },
    map(HardSigmoid(alpha: 0.3, beta: 0.4)) { min(max(0.3 * $0 + 0.4, 0), 1) },
    map(HardSwish()) { $0 * min(max($0 / 6 + 0.5, 0), 1) },
    map(Softplus()) { log1p(exp($0)) },
    map(Softsign()) { $0 / (1 + abs($0)) },
    map(Mish()) { $0 * tanh(log1p(exp($0))) },
    map(Shrink(bias: 0.5, lambda: 1)) { $0 > 1 ? $0 - 0.5 : $0 < -1 ? $0 + 0.5 : 0 },
    map(Swish(alpha: 2)) { $0 / (1 + exp(-2 * $0)) },
    OperatorCase(
      name: "IsInf", op: IsInf(detectsNegative: false, detectsPositive: true),
      inputs: [NDArray([Float.infinity, -.infinity, .nan, 1], [4])],
      expected: [booleans([true, false, false, false])]),
    OperatorCase(
      name: "Sum", op: Sum(), inputs: [x, small, floats([4], seed: 424)],
      expected: [NDArray.make(.float32, [3, 4]) { x.at($0) + small.at($0) + floats([4], seed: 424).at([$0[1]]) }]),
    OperatorCase(
      name: "Mean", op: Mean(), inputs: [x, small],
      expected: [NDArray.make(.float32, [3, 4]) { (x.at($0) + small.at($0)) / 2 }]),
    OperatorCase(
      name: "Dropout", op: Dropout(), inputs: [x], outputs: 2,
      expected: [x, NDArray([Bool](repeating: true, count: 12), [3, 4])]),
  ]

  private static let logarithms = floats([3, 4, 2], seed: 440, in: -3...0)
  private static let labels = integers([1, 3, 0, 0, 2, 1], [3, 2])

  private static func rows(_ f: ([Double]) -> Double) -> NDArray {
    NDArray.make(.float32, [3, 1]) { at in f((0..<4).map { x.at([at[0], $0]) }) }
  }

  private static let positive = floats([2, 3], seed: 425, in: 0.5...2)
  private static let (left, right) = (floats([2, 3, 4], seed: 426), floats([2, 4, 5], seed: 427))
  private static let window = ConvolutionWindow(strides: [2, 2], pads: [1, 0, 1, 0], dilations: [1, 1], groups: 2)

  static let composites: [OperatorCase] = [
    OperatorCase(
      name: "ReduceL1", op: ReduceL1(axes: [1], keepDimensions: true), inputs: [x],
      expected: [rows { $0.reduce(0) { $0 + abs($1) } }]),
    OperatorCase(
      name: "ReduceLogSumExp", op: ReduceLogSumExp(axes: [-1], keepDimensions: true), inputs: [x],
      expected: [rows { log($0.reduce(0) { $0 + exp($1) }) }]),
    OperatorCase(
      name: "ReduceLogSum", op: ReduceLogSum(axes: nil, keepDimensions: false), inputs: [positive],
      expected: [NDArray(Float(log(positive.numbers.reduce(0, +))))]),
    OperatorCase(
      name: "Einsum, products of matrices", op: Einsum("bij, bjk -> bki"), inputs: [left, right],
      expected: [
        NDArray.make(.float32, [2, 5, 3]) { at in
          (0..<4).reduce(0) { $0 + left.at([at[0], at[2], $1]) * right.at([at[0], $1, at[1]]) }
        }
      ]),
    OperatorCase(
      name: "Einsum, a trace", op: Einsum("...ii"), inputs: [floats([2, 3, 3], seed: 428)],
      expected: [
        NDArray.make(.float32, [2]) { at in
          (0..<3).reduce(0) { $0 + floats([2, 3, 3], seed: 428).at([at[0], $1, $1]) }
        }
      ]),
    OperatorCase(
      name: "NegativeLogLikelihoodLoss", op: NegativeLogLikelihoodLoss(.sum, ignoreIndex: 0),
      inputs: [logarithms, labels, floats([4], seed: 441)],
      expected: [
        NDArray(
          Float(
            positions([3, 2]).filter { labels.at($0) != 0 }.reduce(0.0) { sum, at in
              let label = Int(labels.at(at))
              return sum - logarithms.at([at[0], label, at[1]]) * floats([4], seed: 441).at([label])
            }))
      ]),
    .neural(op: InstanceNormalization(epsilon: 0.1), inputs: sample(431, [2, 3, 4, 2], [3], [3])),
    .neural(op: GroupNormalization(groups: 2, epsilon: 0.1), inputs: sample(432, [2, 4, 3], [4], [4])),
    .neural(op: LpNormalization(axis: 1, order: 1), inputs: sample(433, [2, 4, 3])),
    .neural(op: MeanVarianceNormalization(axes: [0, 2]), inputs: sample(434, [2, 4, 3])),
    .neural(
      op: ConvTranspose(window: window, outputPadding: [1, 0]), inputs: sample(435, [1, 4, 3, 3], [4, 2, 3, 2], [4])),
    .neural(op: RotaryEmbedding(), inputs: sample(436, [2, 2, 3, 4], [2, 3, 2], [2, 3, 2])),
    OperatorCase(
      name: "RotaryEmbedding, neighbours", op: RotaryEmbedding(isInterleaved: true, heads: 2, rotated: 2),
      inputs: [
        floats([1, 2, 8], seed: 437), floats([5, 1], seed: 438), floats([5, 1], seed: 439), integers([4, 1], [1, 2]),
      ]
    ),
  ]
}
