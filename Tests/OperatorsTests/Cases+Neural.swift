import Foundation
import Graphs
import Operators
import Tensors

extension OperatorCase {
  /// Layers, attention, losses and the optimiser.
  static let neural =
    products + convolutions + transposedConvolutions + pooling + normalizations + batchNormalizations + activations
    + attentions + indexingGradients + losses + updates + training

  /// A case named after its operator and its operands; only the first output is differentiated.
  static func neural(
    op: any Operator, inputs: [NDArray?], outputs: Int = 1, expected: [NDArray]? = nil, wanted: [Int] = [],
    tolerance: Float = 2e-5
  ) -> OperatorCase {
    let operands = inputs.map { $0.map { "\($0.type)" } ?? "–" }.joined(separator: ", ")
    return OperatorCase(
      name: "\(op) on \(operands)", op: op, inputs: inputs, outputs: outputs, expected: expected, wanted: wanted,
      seeded: 1, tolerance: tolerance)
  }

  static func sample(_ seed: UInt64, _ sizes: [Int]...) -> [NDArray?] {
    sizes.enumerated().map { floats($0.element, seed: seed * 16 + UInt64($0.offset)) }
  }

  static let products: [OperatorCase] = {
    let shapes: [([Int], [Int])] = [
      ([3, 5], [5, 7]), ([2, 3, 5], [5, 4]), ([2, 3, 4, 5], [2, 3, 5, 2]), ([2, 1, 4, 5], [3, 5, 2]),
      ([4, 3], [2, 3, 5]), ([5], [5, 3]), ([2, 3, 5], [5]), ([5], [5]), ([5], [2, 5, 3]), ([2, 5], [3, 5, 1]),
    ]
    var cases = shapes.map { a, b -> OperatorCase in
      let operands = (floats(a, seed: 16), floats(b, seed: 17))
      return .neural(
        op: MatMul(), inputs: [operands.0, operands.1], expected: [product(operands.0, operands.1)], wanted: [0, 1])
    }
    for (a, b) in [(false, false), (true, false), (false, true), (true, true)] {
      cases.append(
        .neural(
          op: FusedMatMul(transposeA: a, transposeB: b, alpha: 0.5),
          inputs: sample(2, a ? [2, 5, 3] : [2, 3, 5], b ? [7, 5] : [5, 7])))
      cases.append(
        .neural(
          op: FusedMatMul(transposeA: a, transposeB: b),
          inputs: sample(3, a ? [3, 1, 5, 2] : [3, 1, 2, 5], b ? [2, 4, 5] : [2, 5, 4])))
      for c in [[], [7], [1, 7], [3, 1], [3, 7]] as [[Int]] {
        cases.append(
          .neural(
            op: Gemm(alpha: 2, beta: c.count == 1 ? 1 : 0.5, transposeA: a, transposeB: b),
            inputs: sample(4, a ? [5, 3] : [3, 5], b ? [7, 5] : [5, 7], c)))
      }
    }
    cases.append(.neural(op: Gemm(), inputs: sample(5, [3, 5], [5, 7])))
    for activation in Activation.allCases {
      for transposed in [false, true] {
        let operands = sample(6, [2, 3, 5], transposed ? [7, 5] : [5, 7], [7], [2, 3, 7])
        cases.append(
          .neural(
            op: Linear(transposed: transposed, activation: activation), inputs: operands,
            outputs: activation == .none ? 1 : 2, wanted: activation == .relu ? [3] : [0, 1, 2, 3]))
        cases.append(
          .neural(
            op: Linear(transposed: transposed, activation: activation), inputs: Array(operands.prefix(2)),
            wanted: activation == .relu ? [] : [0, 1]))
        cases.append(
          .neural(
            op: Linear(transposed: transposed, activation: activation),
            inputs: [operands[0], operands[1], nil, operands[3]]))
      }
    }
    return cases + tall
  }()

  /// Rows enough for the right matrix to be laid out anew.
  private static let tall: [OperatorCase] = {
    let (a, b) = (floats([390, 66], seed: 18), floats([66, 70], seed: 19))
    var cases: [OperatorCase] = [.neural(op: MatMul(), inputs: [a, b], expected: [product(a, b)])]
    for (a, b) in [(true, false), (false, true), (true, true)] {
      let operands = sample(7, a ? [66, 390] : [390, 66], b ? [70, 66] : [66, 70], [390, 70])
      cases.append(
        .neural(op: FusedMatMul(transposeA: a, transposeB: b, alpha: 0.5), inputs: Array(operands.prefix(2))))
      cases.append(.neural(op: Gemm(alpha: 2, beta: 0.5, transposeA: a, transposeB: b), inputs: operands))
    }
    let operands = sample(8, [3, 130, 66], [70, 66], [70], [3, 130, 70])
    for activation in [Activation.none, .gelu] {
      cases.append(
        .neural(
          op: Linear(transposed: true, activation: activation), inputs: operands,
          outputs: activation == .none ? 1 : 2))
    }
    return cases
  }()

  /// The matrix product, element by element in double precision.
  private static func product(_ a: NDArray, _ b: NDArray) -> NDArray {
    let left = a.sizes.count == 1 ? [1] + a.sizes : a.sizes
    let right = b.sizes.count == 1 ? b.sizes + [1] : b.sizes
    let rank = max(left.count, right.count)
    let batch = (0..<rank - 2).map { axis -> Int in
      let extents = [left, right].map { sizes -> Int in
        let own = axis - rank + sizes.count
        return own < 0 ? 1 : sizes[own]
      }
      return extents.max() ?? 1
    }
    guard let x = try? a.reshaped(left), let y = try? b.reshaped(right) else { return a }
    let inner = left[left.count - 1]
    let full = NDArray.make(.float32, batch + [left[left.count - 2], right[right.count - 1]]) { at in
      let prefix = Array(at.dropLast(2))
      var sum = 0.0
      for k in 0..<inner { sum += x.at(prefix + [at[rank - 2], k]) * y.at(prefix + [k, at[rank - 1]]) }
      return sum
    }
    let rows = a.sizes.count == 1 ? [] : [left[left.count - 2]]
    let columns = b.sizes.count == 1 ? [] : [right[right.count - 1]]
    return (try? full.reshaped(batch + rows + columns)) ?? full
  }

  /// The convolution of `sample(7, x, w, bias)`, element by element in double precision.
  private static func convolution(_ x: [Int], _ w: [Int], _ y: [Int], _ window: ConvolutionWindow) -> NDArray {
    let (image, weight, bias) = (floats(x, seed: 112), floats(w, seed: 113), floats([w[0]], seed: 114))
    return NDArray.make(.float32, y) { at in
      let group = at[1] / (w[0] / window.groups)
      var sum = bias.at([at[1]])
      for tap in positions(Array(w[1...])) {
        let row = at[2] * window.strides[0] - window.pads[0] + tap[1] * window.dilations[0]
        let column = at[3] * window.strides[1] - window.pads[1] + tap[2] * window.dilations[1]
        guard (0..<x[2]).contains(row), (0..<x[3]).contains(column) else { continue }
        sum += image.at([at[0], group * w[1] + tap[0], row, column]) * weight.at([at[1]] + tap)
      }
      return sum
    }
  }

  static let convolutions: [OperatorCase] = {
    // x, w, strides, pads, dilations, groups
    let geometries: [([Int], [Int], ConvolutionWindow)] = [
      (
        [2, 3, 8, 8], [5, 3, 4, 4],
        ConvolutionWindow(strides: [4, 4], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1)
      ),
      (
        [2, 3, 9, 7], [4, 3, 3, 3],
        ConvolutionWindow(strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1)
      ),
      (
        [1, 4, 7, 8], [6, 2, 3, 2],
        ConvolutionWindow(strides: [1, 2], pads: [0, 1, 2, 1], dilations: [2, 1], groups: 2)
      ),
      (
        [2, 1, 10, 11], [1, 1, 3, 3],
        ConvolutionWindow(strides: [3, 3], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1)
      ),
    ]
    return geometries.flatMap { x, w, window -> [OperatorCase] in
      func extent(_ axis: Int) -> Int {
        let reach = window.dilations[axis] * (w[axis + 2] - 1) + 1
        return (x[axis + 2] + window.pads[axis] + window.pads[axis + 2] - reach) / window.strides[axis] + 1
      }
      let operands = sample(7, x, w, [w[0]], [x[0], w[0], extent(0), extent(1)])
      let result = convolution(x, w, [x[0], w[0], extent(0), extent(1)], window)
      return [
        .neural(
          op: Conv(window: window), inputs: Array(operands.prefix(3)),
          expected: [result], wanted: [0, 1, 2]),
        .neural(
          op: FusedConv(window: window, activation: .relu), inputs: operands,
          expected: [
            NDArray.make(.float32, operands[3]?.sizes ?? []) { max(result.at($0) + (operands[3]?.at($0) ?? 0), 0) }
          ]),
        .neural(op: FusedConv(window: window, activation: .quickGelu), inputs: Array(operands.prefix(2))),
        .neural(
          op: ConvWeightGradient(window: window, kernelShape: Array(w[2...])), inputs: [operands[0], operands[3]]),
        .neural(
          op: ConvInputGradient(window: window),
          inputs: [operands[3], operands[1], NDArray(x.map { Int64($0) }, [4])]),
      ]
    }
  }()

  static let normalizations: [OperatorCase] = {
    var cases: [OperatorCase] = []
    for (x, axis) in [([3, 7], -1), ([2, 3, 33], 2), ([2, 3, 5], 1), ([2, 5], 0)] as [([Int], Int)] {
      let row = Array(x[(axis < 0 ? axis + x.count : axis)...])
      let operands = sample(8, x, row, row, x)
      cases.append(
        .neural(
          op: LayerNormalization(axis: axis, epsilon: 1e-5), inputs: Array(operands.prefix(3)), outputs: 3,
          wanted: [0, 1, 2]))
      cases.append(.neural(op: LayerNormalization(axis: axis, epsilon: 0.1), inputs: Array(operands.prefix(2))))
      cases.append(
        .neural(
          op: LayerNormalizationGradient(axis: axis, epsilon: 1e-5), inputs: [operands[0], operands[1], operands[3]],
          outputs: 3, tolerance: 5e-5))
    }
    for (x, axis) in [([3, 7], -1), ([2, 3, 5], 1), ([4, 1], 0), ([9], 0)] as [([Int], Int)] {
      let operands = sample(9, x, x)
      cases.append(.neural(op: Softmax(axis: axis), inputs: [operands[0]], wanted: [0]))
      cases.append(.neural(op: LogSoftmax(axis: axis), inputs: [operands[0]], wanted: [0]))
      cases.append(.neural(op: SoftmaxGradient(axis: axis), inputs: operands))
    }
    return cases
  }()

  static let activations: [OperatorCase] = {
    let (x, dy) = (floats([3, 37], seed: 160, in: -4...4), floats([3, 37], seed: 161))
    return GeluApproximation.allCases.flatMap { approximation in
      var gelu = OperatorCase.neural(op: Gelu(approximate: approximation), inputs: [x], wanted: [0])
      // ONNX Runtime's own spelling has no approximation.
      if approximation == .tanh { gelu.forms = [20] }
      return [gelu, .neural(op: GeluGradient(approximate: approximation), inputs: [x, dy])]
    } + [
      .neural(op: QuickGelu(), inputs: [x], wanted: [0]), .neural(op: QuickGeluGradient(), inputs: [x, dy]),
      .neural(
        op: ReluGradient(), inputs: [x, dy],
        expected: [NDArray.make(.float32, [3, 37]) { x.at($0) > 0 ? dy.at($0) : 0 }], tolerance: 0),
    ]
  }()
}
