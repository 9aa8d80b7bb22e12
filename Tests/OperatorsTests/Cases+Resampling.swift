import Graphs
import Operators
import Tensors

extension OperatorCase {
  private static let image = floats([1, 2, 3, 4], seed: 411)
  private static let row = NDArray([Float(1), 2, 4, 8], [1, 1, 1, 4])

  private static func padded(
    _ mode: Pad.Mode, _ pads: [Int], sizes: [Int], forms: [Int] = [11, 18], wanted: [Int] = [],
    _ source: @escaping ([Int]) -> [Int]?
  ) -> OperatorCase {
    OperatorCase(
      name: "Pad, \(mode.rawValue) \(pads)", op: Pad(mode), inputs: [floats([3, 4], seed: 412), integers(pads)],
      expected: [NDArray.make(.float32, sizes) { source($0).map { floats([3, 4], seed: 412).at($0) } ?? 0 }],
      wanted: wanted, forms: forms)
  }

  private static func resized(
    _ name: String, _ sampling: ResizeSampling, to values: [Float]
  ) -> OperatorCase {
    OperatorCase(
      name: "Resize, \(name)", op: Resize(sampling), inputs: [row, integers([1, 1, 1, values.count])],
      expected: [NDArray(values, [1, 1, 1, values.count])])
  }

  private static func block(_ at: [Int]) -> [Int] { [at[0], 0, at[2] / 2, at[3] / 2] }

  static let resampling: [OperatorCase] = [
    padded(.constant, [1, 0, 0, 2], sizes: [4, 6], wanted: [0]) { $0[0] >= 1 && $0[1] < 4 ? [$0[0] - 1, $0[1]] : nil },
    padded(.constant, [-1, 1, 0, -2], sizes: [2, 3], wanted: [0]) { $0[1] >= 1 ? [$0[0] + 1, $0[1] - 1] : nil },
    padded(.edge, [2, 0, 1, 1], sizes: [6, 5]) { [min(max($0[0] - 2, 0), 2), min($0[1], 3)] },
    padded(.reflect, [2, 0, 0, 3], sizes: [5, 7]) { [abs($0[0] - 2), $0[1] < 4 ? $0[1] : 6 - $0[1]] },
    padded(.wrap, [1, 5, 0, 0], sizes: [4, 9]) { [($0[0] + 2) % 3, ($0[1] + 3) % 4] },
    OperatorCase(
      name: "Pad, some axes and a number", op: Pad(),
      inputs: [integers([7, 8], [1, 2]), integers([1, 0]), integers([-3], []), integers([-1])],
      expected: [integers([-3, 7, 8], [1, 3])], forms: [18]),
    OperatorCase(
      name: "Pad, as attributes", op: Pad(.constant, pads: [0, 1, 0, 0], value: 2),
      inputs: [NDArray([Float(5), 6], [1, 2])], expected: [NDArray([Float(2), 5, 6], [1, 3])], forms: [2]),
    resized("nearest, half the pixels", ResizeSampling(.nearest, .asymmetric, nearest: .floor), to: [1, 4]),
    resized("nearest, rounded", ResizeSampling(.nearest), to: [1, 1, 2, 2, 4, 4, 8, 8]),
    resized("linear, twice the pixels", ResizeSampling(.linear), to: [1, 1.25, 1.75, 2.5, 3.5, 5, 7, 8]),
    resized("linear, corners", ResizeSampling(.linear, .corners), to: [1, 1.5, 2, 3, 4, 6, 8]),
    OperatorCase(
      name: "Resize, by scales", op: Resize(ResizeSampling(.nearest), scales: [1, 1, 2, 2]),
      inputs: [floats([1, 1, 2, 3], seed: 413)],
      expected: [NDArray.make(.float32, [1, 1, 4, 6]) { floats([1, 1, 2, 3], seed: 413).at(block($0)) }]),
    OperatorCase(
      name: "Resize, cubic to itself", op: Resize(ResizeSampling(.cubic)),
      inputs: [image, integers([1, 2, 3, 4])], expected: [image]),
    OperatorCase(
      name: "EarlyResize", op: EarlyResize(.nearest, scales: [1, 1, 2, 2]), inputs: [floats([1, 1, 2, 3], seed: 413)],
      expected: [NDArray.make(.float32, [1, 1, 4, 6]) { floats([1, 1, 2, 3], seed: 413).at(block($0)) }]),
    OperatorCase(
      name: "DepthToSpace", op: DepthToSpace(block: 2), inputs: [floats([1, 8, 2, 3], seed: 414)],
      expected: [
        NDArray.make(.float32, [1, 2, 4, 6]) {
          floats([1, 8, 2, 3], seed: 414).at([0, ($0[2] % 2 * 2 + $0[3] % 2) * 2 + $0[1], $0[2] / 2, $0[3] / 2])
        }
      ]),
    OperatorCase(
      name: "DepthToSpace, columns first", op: DepthToSpace(block: 2, mode: .columnFirst),
      inputs: [floats([1, 8, 2, 3], seed: 414)],
      expected: [
        NDArray.make(.float32, [1, 2, 4, 6]) {
          floats([1, 8, 2, 3], seed: 414).at([0, $0[1] * 4 + $0[2] % 2 * 2 + $0[3] % 2, $0[2] / 2, $0[3] / 2])
        }
      ], forms: [11]),
    OperatorCase(
      name: "SpaceToDepth", op: SpaceToDepth(block: 2), inputs: [floats([1, 2, 4, 6], seed: 415)],
      expected: [
        NDArray.make(.float32, [1, 8, 2, 3]) {
          let (block, channel) = ($0[1] / 2, $0[1] % 2)
          return floats([1, 2, 4, 6], seed: 415).at([0, channel, $0[2] * 2 + block / 2, $0[3] * 2 + block % 2])
        }
      ]),
  ]
}
