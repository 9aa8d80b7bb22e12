import Graphs
import Operators
import Tensors

/// Pooling element by element in double precision.
struct PoolingReference {
  var x: NDArray
  var window: PoolingWindow

  /// The rows and columns that output `at` looks at, those on the pads included; pads begin with `begin`.
  private func seen(_ at: [Int], begin: [Int]) -> [[Int]] {
    func place(_ tap: Int, _ axis: Int) -> Int {
      at[axis + 2] * window.strides[axis] - begin[axis] + tap * window.dilations[axis]
    }
    return positions(window.kernelShape).map { [place($0[0], 0), place($0[1], 1)] }
  }

  private func isInside(_ at: [Int], pads: [Int] = [0, 0, 0, 0]) -> Bool {
    func fits(_ axis: Int) -> Bool { at[axis] >= -pads[axis] && at[axis] < x.sizes[axis + 2] + pads[axis + 2] }
    return fits(0) && fits(1)
  }

  func mean(_ sizes: [Int], pads: [Int], countPads: Bool) -> NDArray {
    NDArray.make(.float32, sizes) { at in
      let all: [[Int]] = seen(at, begin: pads)
      var sum = 0.0
      for place in all where isInside(place) { sum += x.at([at[0], at[1], place[0], place[1]]) }
      let counted = all.filter { isInside($0, pads: countPads ? pads : [0, 0, 0, 0]) }
      return sum / Double(max(counted.count, 1))
    }
  }

  func maximum(_ sizes: [Int], pads: [Int]) -> [NDArray] {
    func best(_ at: [Int]) -> [Int] {
      var best: [Int] = []
      for place in seen(at, begin: pads) where isInside(place) {
        let candidate = [at[0], at[1], place[0], place[1]]
        if best.isEmpty || x.at(candidate) > x.at(best) { best = candidate }
      }
      return best
    }
    return [
      NDArray.make(.float32, sizes) { x.at(best($0)) },
      NDArray.make(.int64, sizes) { at in
        var index = 0
        for (position, size) in zip(best(at), x.sizes) { index = index * size + position }
        return Double(index)
      },
    ]
  }
}

extension OperatorCase {
  /// What the window is, of an image of which height and width, the result's, and the pads that were meant.
  private static let pools: [(PoolingWindow, [Int], [Int], [Int])] = [
    (PoolingWindow([2, 2], strides: [2, 2]), [6, 8], [3, 4], [0, 0, 0, 0]),
    (PoolingWindow([2, 2], strides: [2, 2]), [7, 5], [3, 2], [0, 0, 0, 0]),
    (PoolingWindow([2, 2], strides: [2, 2], ceilMode: true), [7, 5], [4, 3], [0, 0, 0, 0]),
    (PoolingWindow([2, 2], strides: [2, 2], ceilMode: true), [1, 2], [1, 1], [0, 0, 0, 0]),
    (PoolingWindow([1, 1]), [3, 2], [3, 2], [0, 0, 0, 0]),
    (PoolingWindow([3, 3], strides: [2, 2], pads: [1, 1, 1, 1]), [6, 7], [3, 4], [1, 1, 1, 1]),
    (PoolingWindow([3, 2], strides: [2, 3], pads: [1, 0, 2, 1], ceilMode: true), [6, 9], [4, 3], [1, 0, 2, 1]),
    // The third window down would begin in the end pad.
    (PoolingWindow([2, 3], strides: [3, 1], pads: [0, 2, 1, 0], ceilMode: true), [6, 4], [2, 4], [0, 2, 1, 0]),
    (PoolingWindow([3, 3], strides: [2, 2], padding: .sameUpper), [5, 6], [3, 3], [1, 0, 1, 1]),
    (PoolingWindow([3, 3], strides: [2, 2], padding: .sameLower), [5, 6], [3, 3], [1, 1, 1, 0]),
    (PoolingWindow([3, 2], strides: [2, 2], padding: .none), [6, 7], [2, 3], [0, 0, 0, 0]),
    (PoolingWindow([3, 3], strides: [2, 2], ceilMode: true, padding: .none), [8, 9], [4, 4], [0, 0, 0, 0]),
    // Windows lie further apart than the image is wide.
    (PoolingWindow([9, 9], strides: [7, 7], pads: [8, 8, 8, 8]), [3, 4], [2, 2], [8, 8, 8, 8]),
  ]

  private static let dilatedPools: [(PoolingWindow, [Int], [Int], [Int])] = [
    (PoolingWindow([2, 3], dilations: [2, 1]), [6, 5], [4, 3], [0, 0, 0, 0]),
    (
      PoolingWindow([2, 2], strides: [2, 1], pads: [1, 2, 1, 2], dilations: [3, 3], ceilMode: true), [6, 5], [3, 6],
      [1, 2, 1, 2]
    ),
    (
      PoolingWindow([3, 3], strides: [2, 2], dilations: [2, 2], padding: .sameUpper), [6, 7], [3, 4], [1, 2, 2, 2]
    ),
  ]

  static let pooling: [OperatorCase] = {
    var cases: [OperatorCase] = []
    for (window, image, result, pads) in pools + dilatedPools {
      let isDilated = window.dilations != [1, 1]
      let (x, y) = ([2, 3] + image, [2, 3] + result)
      let reference = PoolingReference(x: floats(x, seed: 190), window: window)
      for countPads in [false, true] {
        let expected = [reference.mean(y, pads: pads, countPads: countPads)]
        cases.append(
          .neural(
            op: DilatedAveragePool(window: window, countIncludePad: countPads), inputs: [reference.x],
            expected: expected))
        if isDilated { continue }
        var mean = OperatorCase.neural(
          op: AveragePool(window: window, countIncludePad: countPads), inputs: [reference.x], expected: expected,
          wanted: [0])
        if window.ceilMode { mean.forms = [10, 11] }
        cases.append(mean)
        cases.append(
          .neural(
            op: AveragePoolGradient(window: window, countIncludePad: countPads),
            inputs: [floats(y, seed: 191), integers(x)]))
      }
      let steps = PoolingReference(x: distinct(x), window: window)
      for outputs in [1, 2] {
        var maximum = OperatorCase.neural(
          op: MaxPool(window: window), inputs: [steps.x], outputs: outputs,
          expected: Array(steps.maximum(y, pads: pads).prefix(outputs)), wanted: [0])
        if window.ceilMode || isDilated { maximum.forms = [10, 11, 12] }
        cases.append(maximum)
      }
    }
    let x = floats([2, 3, 4, 5], seed: 192)
    return cases + [
      .neural(
        op: GlobalAveragePool(), inputs: [x],
        expected: [
          NDArray.make(.float32, [2, 3, 1, 1]) { at in
            positions([4, 5]).reduce(0) { $0 + x.at([at[0], at[1]] + $1) } / 20
          }
        ]),
      .neural(
        op: GlobalMaxPool(), inputs: [x],
        expected: [
          NDArray.make(.float32, [2, 3, 1, 1]) { at in
            positions([4, 5]).reduce(-2) { max($0, x.at([at[0], at[1]] + $1)) }
          }
        ]),
    ]
  }()
}
