import Graphs
import Operators
import Tensors

extension OperatorCase {
  private static let x = floats([2, 3, 4], seed: 31)

  private static func moved(
    _ name: String, _ op: any Operator, _ others: [NDArray?] = [], _ source: NDArray = x, sizes: [Int],
    forms: [Int]? = nil, _ from: ([Int]) -> [Int]
  ) -> OperatorCase {
    OperatorCase(
      name: name, op: op, inputs: [source] + others,
      expected: [NDArray.make(source.scalar, sizes) { source.at(from($0)) }], wanted: source.scalar.isFloat ? [0] : [],
      forms: forms)
  }

  private static func viewed(
    _ name: String, _ op: any Operator, _ others: [NDArray?] = [], _ source: NDArray = x, sizes: [Int],
    forms: [Int]? = nil
  ) -> OperatorCase {
    OperatorCase(
      name: name, op: op, inputs: [source] + others, expected: [NDArray(reshaping: source, sizes)],
      wanted: source.scalar.isFloat ? [0] : [], forms: forms)
  }

  private static let narrow = floats([2, 1, 3, 1], seed: 32)

  static let movement: [OperatorCase] = [
    viewed("Identity", Identity(), sizes: [2, 3, 4]),
    viewed("Reshape, kept and inferred", Reshape(), [integers([0, -1])], sizes: [2, 12], forms: [5, 14]),
    viewed("Reshape, integers", Reshape(), [integers([2, 2])], integers([1, 2, 3, 4]), sizes: [2, 2]),
    viewed(
      "Reshape, zero extents", Reshape(allowZero: true), [integers([0, 5])], floats([3, 0], seed: 33), sizes: [0, 5],
      forms: [14]),
    viewed("Flatten", Flatten(axis: 2), sizes: [6, 4]),
    viewed("Flatten, all", Flatten(axis: 0), sizes: [1, 24]),
    viewed("Squeeze", Squeeze(axes: [1, -1]), [], narrow, sizes: [2, 3]),
    viewed("Squeeze, all", Squeeze(), [], narrow, sizes: [2, 3]),
    viewed("Unsqueeze", Unsqueeze(axes: [0, -1]), sizes: [1, 2, 3, 4, 1]),
    viewed("Unsqueeze, integers", Unsqueeze(axes: [0]), [], integers([5, 6]), sizes: [1, 2]),
    moved("Transpose", Transpose(permutation: [2, 0, 1]), sizes: [4, 2, 3]) { [$0[1], $0[2], $0[0]] },
    moved("Transpose, reversed", Transpose(), sizes: [4, 3, 2]) { $0.reversed() },
    moved("Transpose, integers", Transpose(permutation: [1, 0]), [], integers([1, 2, 3, 4], [2, 2]), sizes: [2, 2]) {
      $0.reversed()
    },
    viewed("Transpose, of ones", Transpose(permutation: [0, 2, 1, 3]), [], narrow, sizes: [2, 3, 1, 1]),
    OperatorCase(
      name: "Transpose, large", op: Transpose(permutation: [1, 0, 2]), inputs: [floats([129, 65, 33], seed: 34)]),
    OperatorCase(
      name: "Concat", op: Concat(axis: 1), inputs: [x, floats([2, 1, 4], seed: 35), floats([2, 2, 4], seed: 36)],
      expected: [
        NDArray.make(.float32, [2, 6, 4]) { p in
          p[1] < 3
            ? x.at(p)
            : p[1] < 4 ? floats([2, 1, 4], seed: 35).at(p) : floats([2, 2, 4], seed: 36).at([p[0], p[1] - 4, p[2]])
        }
      ], wanted: [0, 1, 2]),
    OperatorCase(
      name: "Concat, some wanted", op: Concat(axis: -1), inputs: [x, floats([2, 3, 1], seed: 37)], wanted: [1]),
    OperatorCase(
      name: "Concat, integers", op: Concat(axis: 0), inputs: [integers([1, 2]), integers([3])],
      expected: [integers([1, 2, 3])]),
    OperatorCase(
      name: "Split", op: Split(axis: 2, sizes: [1, 3]), inputs: [x], outputs: 2,
      expected: [
        NDArray.make(.float32, [2, 3, 1]) { x.at($0) },
        NDArray.make(.float32, [2, 3, 3]) { x.at([$0[0], $0[1], $0[2] + 1]) },
      ], wanted: [0]),
    OperatorCase(
      name: "Split, in equal parts", op: Split(axis: -1, sizes: nil), inputs: [x], outputs: 2,
      expected: [
        NDArray.make(.float32, [2, 3, 2]) { x.at($0) },
        NDArray.make(.float32, [2, 3, 2]) { x.at([$0[0], $0[1], $0[2] + 2]) },
      ], wanted: [0]),
    OperatorCase(
      name: "Split, the last smaller", op: Split(axis: 0, sizes: nil, partCount: 2), inputs: [integers([1, 2, 3])],
      outputs: 2, expected: [integers([1, 2]), integers([3])], forms: [18]),
    moved("Expand", Expand(), [integers([3, 2, 1, 3, 4])], narrow, sizes: [3, 2, 1, 3, 4]) { $0 },
    viewed("Expand, by ones", Expand(), [integers([1, 1, 1])], sizes: [2, 3, 4]),
    OperatorCase(
      name: "Expand, integers", op: Expand(), inputs: [integers([7], [1]), integers([3])],
      expected: [integers([7, 7, 7])]),
    moved("Tile", Tile(), [integers([2, 1, 3])], sizes: [4, 3, 12]) { [$0[0] % 2, $0[1], $0[2] % 4] },
    viewed("Tile, once", Tile(), [integers([1, 1, 1])], sizes: [2, 3, 4]),
    triangle("Trilu, upper", upper: true, diagonal: 0),
    triangle("Trilu, lower", upper: false, diagonal: 1),
    triangle("Trilu, beyond", upper: true, diagonal: 9),
    triangle("Trilu, below", upper: false, diagonal: -1),
  ]

  private static func triangle(_ name: String, upper: Bool, diagonal: Int) -> OperatorCase {
    OperatorCase(
      name: name, op: Trilu(upper: upper, diagonal: diagonal), inputs: [x],
      expected: [
        NDArray.make(.float32, [2, 3, 4]) { p in
          (upper ? p[2] - p[1] >= diagonal : p[2] - p[1] <= diagonal) ? x.at(p) : 0
        }
      ], wanted: [0])
  }
}
