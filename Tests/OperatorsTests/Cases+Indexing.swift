import Graphs
import Operators
import Tensors

extension OperatorCase {
  private static let x = floats([4, 3, 5], seed: 41)

  static let shapes: [OperatorCase] = [
    OperatorCase(
      name: "Shape", op: ShapeOf(), inputs: [x], expected: [integers([4, 3, 5])]),
    OperatorCase(
      name: "Size", op: SizeOf(), inputs: [x], expected: [NDArray(Int64(60))]),
    OperatorCase(
      name: "Shape, a part", op: ShapeOf(start: -2, end: 2), inputs: [x], expected: [integers([3])], forms: [15]),
    OperatorCase(
      name: "Shape, nothing", op: ShapeOf(start: 2, end: 1), inputs: [x], expected: [integers([])], forms: [15]),
    OperatorCase(name: "Constant", op: Constant(x), inputs: [], expected: [x]),
    OperatorCase(
      name: "Constant, integers", op: Constant(integers([3, 4])), inputs: [], expected: [integers([3, 4])]),
    OperatorCase(
      name: "ConstantOfShape", op: ConstantOfShape(), inputs: [integers([2, 3])],
      expected: [NDArray([Float](repeating: 0, count: 6), [2, 3])]),
    OperatorCase(
      name: "ConstantOfShape, integers", op: ConstantOfShape(integers([-7])), inputs: [integers([2, 1])],
      expected: [integers([-7, -7], [2, 1])]),
    OperatorCase(
      name: "Range", op: RangeOf(), inputs: [integers([2], []), integers([9], []), integers([3], [])],
      expected: [integers([2, 5, 8])]),
    OperatorCase(
      name: "Range, downwards", op: RangeOf(), inputs: [integers([2], []), integers([-1], []), integers([-1], [])],
      expected: [integers([2, 1, 0])]),
    OperatorCase(
      name: "Range, empty", op: RangeOf(), inputs: [integers([2], []), integers([2], []), integers([1], [])],
      expected: [integers([])]),
  ]

  private static func slice(
    _ name: String, _ bounds: [NDArray?], sizes: [Int], _ from: ([Int]) -> [Int]
  ) -> OperatorCase {
    OperatorCase(
      name: name, op: Slice(), inputs: [x] + bounds, expected: [NDArray.make(.float32, sizes) { x.at(from($0)) }],
      wanted: [0], forms: [10])
  }

  private static let rows = integers([3, -4, 3, 1], [2, 2])
  private static let tuples = integers([0, 1, 3, 2, -4, -2, 0, 1], [4, 2])

  static let indexing: [OperatorCase] = [
    slice("Slice, one axis", [integers([1]), integers([3]), integers([0])], sizes: [2, 3, 5]) {
      [$0[0] + 1, $0[1], $0[2]]
    },
    slice("Slice, to the end", [integers([-2]), integers([Int.max]), integers([-1])], sizes: [4, 3, 2]) {
      [$0[0], $0[1], $0[2] + 3]
    },
    slice("Slice, two axes", [integers([0, 1]), integers([2, 9])], sizes: [2, 2, 5]) { [$0[0], $0[1] + 1, $0[2]] },
    slice("Slice, in steps", [integers([1]), integers([5]), integers([2]), integers([2])], sizes: [4, 3, 2]) {
      [$0[0], $0[1], 1 + 2 * $0[2]]
    },
    slice(
      "Slice, backwards", [integers([-1, 9]), integers([Int.min, 0]), integers([0, 1]), integers([-1, -2])],
      sizes: [4, 1, 5]
    ) { [3 - $0[0], 2 - 2 * $0[1], $0[2]] },
    slice(
      "Slice, a step past the end", [integers([1]), integers([9]), integers([0]), integers([1 << 62])],
      sizes: [1, 3, 5]
    ) {
      [$0[0] + 1, $0[1], $0[2]]
    },
    slice("Slice, empty", [integers([3]), integers([1]), integers([0])], sizes: [0, 3, 5]) { $0 },
    slice("Slice, all", [integers([0]), integers([4]), integers([0])], sizes: [4, 3, 5]) { $0 },
    OperatorCase(
      name: "Slice, bounds as attributes", op: Slice(starts: [1], ends: [3], axes: [1]), inputs: [x],
      expected: [NDArray.make(.float32, [4, 2, 5]) { x.at([$0[0], $0[1] + 1, $0[2]]) }], wanted: [0], forms: [1]),
    OperatorCase(
      name: "Slice, integers", op: Slice(), inputs: [integers([5, 6, 7, 8]), integers([1]), integers([-1])],
      expected: [integers([6, 7])], forms: [10]),
    OperatorCase(
      name: "Gather, rows", op: Gather(), inputs: [x, rows],
      expected: [
        NDArray.make(.float32, [2, 2, 3, 5]) { x.at([[[3, 0], [3, 1]][$0[0]][$0[1]], $0[2], $0[3]]) }
      ], wanted: [0]),
    OperatorCase(
      name: "Gather, the middle axis", op: Gather(axis: -2), inputs: [x, integers([2, 2, 0, -1])],
      expected: [NDArray.make(.float32, [4, 4, 5]) { x.at([$0[0], [2, 2, 0, 2][$0[1]], $0[2]]) }], wanted: [0]),
    OperatorCase(
      name: "Gather, one", op: Gather(axis: 1), inputs: [x, integers([1], [])],
      expected: [NDArray.make(.float32, [4, 5]) { x.at([$0[0], 1, $0[1]]) }], wanted: [0]),
    OperatorCase(
      name: "Gather, integers at i32", op: Gather(), inputs: [integers([5, 6, 7]), NDArray([Int32(-1), 0], [2])],
      expected: [integers([7, 5])]),
    OperatorCase(
      name: "Gather, large", op: Gather(),
      inputs: [floats([257, 515], seed: 42), integers((0..<300).map { $0 * 7 % 257 })]),
    OperatorCase(
      name: "GatherND", op: GatherND(), inputs: [x, tuples],
      expected: [
        NDArray.make(.float32, [4, 5]) { x.at([[0, 3, 0, 0][$0[0]], [1, 2, 1, 1][$0[0]], $0[1]]) }
      ], wanted: [0]),
    OperatorCase(
      name: "GatherND, batches", op: GatherND(batchDimensions: 1), inputs: [x, integers([0, 2, 1, -1], [4, 1])],
      expected: [NDArray.make(.float32, [4, 5]) { x.at([$0[0], [0, 2, 1, 2][$0[0]], $0[1]]) }], wanted: [0],
      forms: [12]),
    OperatorCase(
      name: "ScatterND", op: ScatterND(), inputs: [x, integers([0, 1, 3, 2], [2, 2]), floats([2, 5], seed: 43)],
      expected: [
        NDArray.make(.float32, [4, 3, 5]) { p in
          let updates = floats([2, 5], seed: 43)
          return p[0] == 0 && p[1] == 1
            ? updates.at([0, p[2]]) : p[0] == 3 && p[1] == 2 ? updates.at([1, p[2]]) : x.at(p)
        }
      ], wanted: [0, 2]),
    OperatorCase(
      name: "ScatterND, adding", op: ScatterND(.add),
      inputs: [x, integers([1, -3, 2], [3, 1]), floats([3, 3, 5], seed: 44)],
      expected: [
        NDArray.make(.float32, [4, 3, 5]) { p in
          let updates = floats([3, 3, 5], seed: 44)
          let added = p[0] == 1 ? [0, 1] : p[0] == 2 ? [2] : []
          return added.reduce(x.at(p)) { $0 + updates.at([$1, p[1], p[2]]) }
        }
      ], wanted: [0, 2], forms: [16]),
    OperatorCase(
      name: "ScatterND, adding integers", op: ScatterND(.add),
      inputs: [integers([1, 2, 3]), integers([0, 0], [2, 1]), integers([10, 20])], expected: [integers([31, 2, 3])],
      forms: [16]),
    OperatorCase(
      name: "RowGroups", op: RowGroups(), inputs: [integers([5, 1, 5, 2, 5, 1, 1, 5, 5, 1], [5, 2])],
      expected: [integers([0, 1, 0, 3, 0])]),
    OperatorCase(
      name: "RowGroups, i32", op: RowGroups(), inputs: [NDArray([Int32(4), 4, 4, -1, -1, -1, 4, 4, 4], [3, 3])],
      expected: [integers([0, 1, 0])]),
    OperatorCase(
      name: "ArgMax, last axis", op: ArgMax(axis: -1, keepDimensions: false), inputs: [x],
      expected: [
        NDArray.make(.int64, [4, 3]) { p in
          Double((0..<5).max { x.at(p + [$0]) < x.at(p + [$1]) } ?? 0)
        }
      ]),
    OperatorCase(
      name: "ArgMax, the first of equals", op: ArgMax(axis: 0, keepDimensions: true), inputs: [integers([1, 5, 5, 2])],
      expected: [integers([1])]),
    OperatorCase(
      name: "ArgMax, the last of equals", op: ArgMax(axis: 0, keepDimensions: true, last: true),
      inputs: [integers([1, 5, 5, 2])], expected: [integers([2])], forms: [12]),
  ]

  static let random: [OperatorCase] = [
    OperatorCase(
      name: "RandomNormal", op: RandomNormal(sizes: [300, 301], mean: 1, deviation: 2, seed: 7), inputs: []),
    OperatorCase(
      name: "RandomUniform", op: RandomUniform(sizes: [300, 301], low: -1, high: 3, seed: 7), inputs: []),
    OperatorCase(
      name: "RandomUniform, without a seed", op: RandomUniform(sizes: [5], low: 0, high: 1, seed: nil), inputs: []),
  ]
}
