import Graphs
import Operators
import Tensors

extension OperatorCase {
  /// The transposed convolution element by element in double precision: what x adds to each place of the result.
  private static func transposed(
    _ x: NDArray, _ w: NDArray, _ bias: NDArray?, _ sizes: [Int], _ window: ConvolutionWindow
  ) -> NDArray {
    let (inputs, filters) = (w.sizes[0] / window.groups, w.sizes[1])
    return NDArray.make(.float32, sizes) { at in
      let group = at[1] / filters
      var sum = bias?.at([at[1]]) ?? 0
      for place in positions([inputs, x.sizes[2], x.sizes[3]]) {
        let channel = group * inputs + place[0]
        for tap in positions(Array(w.sizes[2...])) {
          let row = place[1] * window.strides[0] - window.pads[0] + tap[0] * window.dilations[0]
          let column = place[2] * window.strides[1] - window.pads[1] + tap[1] * window.dilations[1]
          guard row == at[2], column == at[3] else { continue }
          sum += x.at([at[0], channel, place[1], place[2]]) * w.at([channel, at[1] % filters] + tap)
        }
      }
      return sum
    }
  }

  static let transposedConvolutions: [OperatorCase] = {
    // x, w, window with the pads that are meant, the result's height and width
    let geometries: [(ConvTranspose, [Int], [Int], [Int], ConvolutionWindow)] = [
      (window([2, 2], [0, 0, 0, 0]), [2, 3, 3, 4], [3, 4, 2, 2], [6, 8], plain([2, 2], [0, 0, 0, 0])),
      (window([1, 1], [1, 1, 1, 1]), [1, 4, 5, 4], [4, 2, 3, 3], [5, 4], plain([1, 1], [1, 1, 1, 1])),
      (
        window([3, 2], [1, 0, 2, 1], dilations: [2, 1], groups: 2, outputPadding: [2, 1]), [2, 4, 3, 3],
        [4, 3, 2, 3], [8, 7], plain([3, 2], [1, 0, 2, 1], dilations: [2, 1], groups: 2)
      ),
      (same(.sameUpper), [1, 2, 3, 2], [2, 2, 3, 3], [6, 4], plain([2, 2], [0, 0, 0, 0])),
      (same(.sameLower), [1, 2, 3, 2], [2, 2, 3, 3], [6, 4], plain([2, 2], [1, 1, 1, 1])),
      (shaped([5, 8]), [1, 2, 3, 2], [2, 2, 3, 3], [5, 8], plain([2, 2], [1, 0, 1, 0])),
    ]
    return geometries.flatMap { op, x, w, extents, window -> [OperatorCase] in
      let filters = w[1] * window.groups
      let operands = sample(193, x, w, [filters])
      guard let image = operands[0], let weight = operands[1], let bias = operands[2] else { return [] }
      let sizes = [x[0], filters] + extents
      return [
        .neural(
          op: op, inputs: operands, expected: [transposed(image, weight, bias, sizes, window)], wanted: [0, 1, 2]),
        .neural(op: op, inputs: [image, weight], expected: [transposed(image, weight, nil, sizes, window)]),
      ]
    }
  }()

  private static func plain(
    _ strides: [Int], _ pads: [Int], dilations: [Int] = [1, 1], groups: Int = 1
  ) -> ConvolutionWindow {
    ConvolutionWindow(strides: strides, pads: pads, dilations: dilations, groups: groups)
  }

  private static func window(
    _ strides: [Int], _ pads: [Int], dilations: [Int] = [1, 1], groups: Int = 1, outputPadding: [Int] = [0, 0]
  ) -> ConvTranspose {
    ConvTranspose(
      window: plain(strides, pads, dilations: dilations, groups: groups), outputPadding: outputPadding)
  }

  private static func same(_ padding: AutoPadding) -> ConvTranspose {
    var op = window([2, 2], [0, 0, 0, 0])
    op.padding = padding
    return op
  }

  private static func shaped(_ sizes: [Int]) -> ConvTranspose {
    var op = window([2, 2], [0, 0, 0, 0])
    op.outputShape = sizes
    return op
  }
}
