import Foundation
import Graphs
import Operators
import Tensors

extension OperatorCase {
  static let attentions: [OperatorCase] = {
    var cases: [OperatorCase] = []
    // batch, heads, queries, keys, width
    for (b, h, q, k, d) in [(1, 1, 1, 1, 1), (2, 3, 5, 5, 4), (2, 2, 7, 9, 3), (1, 2, 3, 3, 8)] {
      for causal in [false, true] {
        let masks: [NDArray?] = [nil] + [[q, k], [b, 1, 1, k], [1, h, q, k]].map { mask($0, hidesFirst: !causal) }
        for mask in masks {
          let operands = sample(11, [b, h, q, d], [b, h, k, d], [b, h, k, d], [b, h, q, d])
          cases.append(
            .neural(
              op: ScaledDotProductAttention(scale: 0.7, causal: causal), inputs: Array(operands.prefix(3)) + [mask],
              outputs: 2, wanted: [0, 1, 2]))
          cases.append(
            .neural(
              op: ScaledDotProductAttention(scale: 0.7, causal: causal), inputs: Array(operands.prefix(3)) + [mask],
              wanted: [0, 1, 2]))
          let gradient = ScaledDotProductAttentionGradient(scale: 0.7, causal: causal)
          let given = Array(operands.prefix(3)) + sample(18, [b, h, q, d], [b, h, q, d]) + [mask]
          cases.append(.neural(op: gradient, inputs: given, outputs: 3))
          cases.append(.neural(op: gradient, inputs: given + [logSumExp([b, h, q])], outputs: 3))
        }
      }
    }
    for (b, l, h, d) in [(1, 1, 1, 2), (2, 5, 2, 3), (3, 7, 3, 4)] {
      for causal in [false, true] {
        let operands = sample(12, [b, l, 3 * h * d])
        for outputs in 1...2 {
          cases.append(
            .neural(op: SelfAttention(heads: h, causal: causal), inputs: operands, outputs: outputs, wanted: [0]))
        }
        for masked in [mask([l, l], hidesFirst: !causal), mask([b, 1, 1, l], hidesFirst: false)] {
          cases.append(
            .neural(op: SelfAttention(heads: h, causal: causal), inputs: operands + [masked], outputs: 2))
        }
        let gradient = SelfAttentionGradient(heads: h, causal: causal)
        let given = operands + sample(19, [b, l, h * d], [b, l, h * d])
        cases.append(.neural(op: gradient, inputs: given))
        cases.append(.neural(op: gradient, inputs: given + [logSumExp([b, h, l])]))
      }
    }
    // batch, heads, queries, keys, width
    for (b, h, q, k, d) in [(1, 1, 1, 1, 1), (2, 3, 1, 5, 4), (2, 2, 7, 3, 3)] {
      for mask in [nil, mask([b, 1, 1, k], hidesFirst: false), mask([h, q, k], hidesFirst: true)] {
        cases.append(
          .neural(
            op: CrossAttention(heads: h), inputs: sample(20, [b, q, h * d], [b, k, 2 * h * d]) + [mask]))
      }
    }
    return cases + guarded + absorbed
  }()

  /// Attention of one query on projections that are not computed.
  private static let absorbed: [OperatorCase] = {
    var cases: [OperatorCase] = []
    // batch, heads, keys, width, channels
    for (b, h, k, d, c) in [(1, 1, 1, 1, 1), (2, 3, 5, 4, 6), (3, 2, 7, 3, 5)] {
      for transposed in [false, true] {
        let weight = transposed ? [2 * h * d, c] : [c, 2 * h * d]
        let operands = sample(25, [b, 1, h * d], [b, k, c], weight)
        let op = AbsorbedAttention(heads: h, transposed: transposed)
        for bias in [nil, sample(24, [2 * h * d])[0]] {
          for mask in [nil, mask([b, 1, 1, k], hidesFirst: false), mask([h, 1, k], hidesFirst: false)] {
            cases.append(.neural(op: op, inputs: operands + [bias, mask]))
          }
        }
      }
    }
    return cases
  }()

  /// Guards against queries that see nothing, which the first one of some does.
  private static let guarded: [OperatorCase] = {
    var blind = [Float](repeating: 0, count: 9)
    for column in 0..<3 { blind[column] = -.infinity }
    let mask = NDArray(blind, [3, 3])
    return [false, true].flatMap { causal in
      [
        OperatorCase.neural(
          op: ScaledDotProductAttention(scale: 0.7, causal: causal, guarded: true),
          inputs: sample(21, [2, 2, 3, 4], [2, 2, 3, 4], [2, 2, 3, 4]) + [mask]),
        .neural(op: SelfAttention(heads: 2, causal: causal, guarded: true), inputs: sample(22, [2, 3, 24]) + [mask]),
      ]
    } + [
      .neural(
        op: ScaledDotProductAttention(scale: 0.7, causal: true, guarded: true),
        inputs: sample(23, [1, 2, 4, 3], [1, 2, 2, 3], [1, 2, 2, 3]))
    ]
  }()

  /// Of the size that log-sum-exps have.
  private static func logSumExp(_ sizes: [Int]) -> NDArray { floats(sizes, seed: 300, in: 1...2) }

  /// An additive mask in which about a quarter is −∞, but never a whole row.
  private static func mask(_ sizes: [Int], hidesFirst: Bool) -> NDArray {
    var source = NumberSource(13)
    let keys = sizes.last ?? 1
    let values = (0..<sizes.reduce(1, *)).map { index in
      let column = index % keys
      let hides = keys > 2 && column != 0 && (source.next() > 0.75 || (hidesFirst && column == 1))
      return hides ? -Float.infinity : 2 * source.next() - 1
    }
    return NDArray(values, sizes)
  }

  static let indexingGradients: [OperatorCase] = {
    func gather(_ x: [Int], _ indices: NDArray, axis: Int) -> OperatorCase {
      let at = axis < 0 ? axis + x.count : axis
      let read = Array(x[..<at]) + indices.sizes + Array(x[(at + 1)...])
      return .neural(
        op: GatherGradient(axis: axis), inputs: sample(14, read) + [indices, NDArray(x.map { Int64($0) }, [x.count])])
    }
    func gatherND(_ x: [Int], _ indices: NDArray, batch: Int) -> OperatorCase {
      let depth = indices.sizes.last ?? 0
      let read = Array(indices.sizes.dropLast()) + Array(x[(batch + depth)...])
      return .neural(
        op: GatherNDGradient(batchDimensions: batch),
        inputs: sample(15, read) + [indices, NDArray(x.map { Int64($0) }, [x.count])])
    }
    return [
      gather([5, 3], NDArray([4, 0, 4, -1] as [Int64], [2, 2]), axis: 0),
      gather([2, 5, 3], NDArray([1, 1, 3] as [Int64], [3]), axis: 1),
      gather([2, 3, 4], NDArray([2, 0, 2, 1] as [Int64], [2, 2]), axis: -1),
      gather([2, 3, 4], NDArray(Int64(2)), axis: 1),
      gather([4, 2], NDArray([3, 3] as [Int32], [2]), axis: 0),
      gatherND([3, 4], NDArray([0, 1, 2, 3, 0, 1] as [Int64], [3, 2]), batch: 0),
      gatherND([3, 4, 2], NDArray([2, 0, 2] as [Int64], [3, 1]), batch: 0),
      gatherND([3, 4, 2], NDArray([3, 0, 3] as [Int64], [3, 1]), batch: 1),
      gatherND([2, 3, 4, 2], NDArray([3, 0, 3, 1, 2, 2] as [Int64], [2, 3, 1]), batch: 2),
      gatherND([2, 3, 4], NDArray([0, 1, 0, 1, 2, 3, 1, 0] as [Int64], [2, 2, 2]), batch: 1),
    ]
  }()

  static let losses: [OperatorCase] = {
    var cases: [OperatorCase] = []
    let dloss = NDArray(Float(0.75))
    for (rows, classes, ignored) in [(4, 7, nil), (1, 3, nil), (5, 5, 2), (3, 4, -100)] as [(Int, Int, Int?)] {
      var labels = (0..<rows).map { Int64(($0 * 3 + 1) % classes) }
      if let ignored { labels[rows - 1] = Int64(ignored) }
      let inputs = sample(16, [rows, classes]) + [NDArray(labels, [rows])]
      cases.append(
        .neural(op: SoftmaxCrossEntropyLoss(ignoreIndex: ignored), inputs: inputs, outputs: 2, wanted: [0]))
      cases.append(.neural(op: SoftmaxCrossEntropyLossGradient(ignoreIndex: ignored), inputs: inputs + [dloss]))
    }
    let scale = NDArray(Float(1.5))
    for (rows, columns, width) in [(1, 1, 1), (5, 7, 4), (50, 22_000, 2)] {
      let operands = sample(17, [rows, width], [columns, width]) + [scale]
      cases.append(.neural(op: ProductLogSumExp(), inputs: operands, wanted: rows < 50 ? [0, 1, 2] : []))
      // Such as the sums are, so that probabilities are none that exceed one by much.
      let sums = floats([rows], seed: 291, in: 3...4)
      cases.append(
        .neural(op: ProductLogSumExpGradient(), inputs: operands + [sums] + sample(18, [rows]), outputs: 3))
    }
    for (rows, width) in [(1, 1), (6, 4), (1_100, 2)] {
      let operands = sample(23, [rows, width], [rows, width]) + [scale, NDArray(Float(-0.5))]
      for groups in [nil, NDArray((0..<rows).map { Int64($0 % (rows / 2 + 1)) }, [rows])] {
        let given: [NDArray?] = groups.map { [$0] } ?? []
        cases.append(
          .neural(op: ProductSigmoidLoss(), inputs: operands + given, wanted: rows < 50 ? [0, 1, 2, 3] : []))
        cases.append(
          .neural(op: ProductSigmoidLossGradient(), inputs: operands + sample(24, [rows]) + given, outputs: 4))
      }
    }
    return cases
  }()
}
