import Graphs
import Operators
import Tensors

extension OperatorCase {
  /// Element-wise operators, reductions, movement, indexing and random numbers.
  static let structural: [OperatorCase] =
    arithmetic + choices + functions + reductions + movement + shapes + indexing + random

  private static func binary(
    _ name: String, _ op: any Operator, _ a: NDArray, _ b: NDArray, wanted: [Int] = [], tolerance: Float = 1e-5,
    result: ScalarType? = nil, _ f: (Double, Double) -> Double
  ) -> OperatorCase {
    let rank = max(a.sizes.count, b.sizes.count)
    let sizes = (0..<rank).map { axis in
      let extents = [a, b].map { array in
        let own = axis - rank + array.sizes.count
        return own < 0 ? 1 : array.sizes[own]
      }
      return extents[0] == 1 ? extents[1] : extents[0]
    }
    let expected = NDArray.make(result ?? a.scalar, sizes) { f(a.at($0), b.at($0)) }
    return OperatorCase(
      name: name, op: op, inputs: [a, b], expected: [expected], wanted: wanted, tolerance: tolerance)
  }

  private static let square = (floats([3, 4], seed: 1), floats([3, 4], seed: 2, in: 0.5...2))
  private static let coarse = grid([3, 4], seed: 17, offset: 0)
  private static let whole = (integers([7, -7, 6, 0, -3], [5]), integers([2, 2, -4, 5, 3], [5]))

  private static let arithmetic: [OperatorCase] = [
    binary(
      "Add, broadcast both ways", Add(), floats([3, 1], seed: 3), floats([2, 1, 4], seed: 4), wanted: [0, 1], +),
    binary("Add, integers", Add(), whole.0, whole.1, +),
    binary("Add, i32", Add(), NDArray([Int32(3), -4], [2]), NDArray([Int32(5), 6], [2]), +),
    OperatorCase(name: "Add, large", op: Add(), inputs: [floats([65, 1031], seed: 5), floats([1031], seed: 6)]),
    binary("Sub", Sub(), square.0, floats([4], seed: 7), wanted: [0, 1], -),
    binary("Sub, integers", Sub(), whole.0, whole.1, -),
    binary("Mul", Mul(), square.0, floats([3, 1], seed: 8), wanted: [0, 1], *),
    binary("Mul, by a scalar", Mul(), square.0, NDArray(Float(3)), wanted: [0, 1], *),
    binary("Mul, integers", Mul(), whole.0, whole.1, *),
    binary("Div", Div(), square.0, square.1, wanted: [0, 1], /),
    binary("Div, integers", Div(), whole.0, whole.1) { ($0 / $1).rounded(.towardZero) },
    binary("Pow", Pow(), square.1, square.0, wanted: [0, 1]) { power($0, $1) },
    binary("Pow, broadcast", Pow(), square.1, floats([4], seed: 9), wanted: [0, 1]) { power($0, $1) },
    binary("Pow, integer exponent", Pow(), square.0, integers([3], []), wanted: [0]) { power($0, $1) },
    binary("Mod, sign of the divisor", Mod(), whole.0, whole.1) { $0 - ($0 / $1).rounded(.down) * $1 },
    binary("Mod, sign of the dividend", Mod(likeC: true), whole.0, whole.1) {
      $0 - ($0 / $1).rounded(.towardZero) * $1
    },
    binary(
      "Mod, floating point", Mod(likeC: true), NDArray([Float(5.25), -5.25, 1], [3]), NDArray([Float(2), 2, 3], [3]),
      wanted: [0, 1]
    ) { $0 - ($0 / $1).rounded(.towardZero) * $1 },
    binary("Min", Min(), coarse, grid([4], seed: 10, offset: 0.1), wanted: [0, 1], min),
    binary("Min, integers", Min(), whole.0, whole.1, min),
    binary("Max", Max(), coarse, grid([3, 1], seed: 11, offset: 0.1), wanted: [0, 1], max),
    OperatorCase(
      name: "Max of three", op: Max(), inputs: [coarse, grid([4], seed: 12, offset: 0.1), NDArray(Float(0.05))],
      expected: [
        NDArray.make(.float32, [3, 4]) { [coarse.at($0), grid([4], seed: 12, offset: 0.1).at($0), 0.05].max() ?? 0 }
      ], wanted: [0, 1, 2]),
    OperatorCase(
      name: "Min of one", op: Min(), inputs: [square.0], expected: [square.0]),
    OperatorCase(
      name: "Min of three integers", op: Min(), inputs: [whole.0, whole.1, integers([1], [1])],
      expected: [integers([1, -7, -4, 0, -3])]),
  ]

  private static let marks = (
    booleans([true, false, true, false, true, true], [2, 3]), booleans([true, true, false], [3])
  )
  private static let few = (NDArray([Float(1), 2, 3, .nan], [4]), NDArray([Float(2), 2, 2, 2], [4]))

  private static let choices: [OperatorCase] = [
    binary("Equal", Equal(), few.0, few.1, result: .bool) { $0 == $1 ? 1 : 0 },
    binary("Equal, integers", Equal(), whole.0, whole.1, result: .bool) { $0 == $1 ? 1 : 0 },
    binary("Equal, Booleans", Equal(), marks.0, marks.1, result: .bool) { $0 == $1 ? 1 : 0 },
    binary("Less", Less(), few.0, few.1, result: .bool) { $0 < $1 ? 1 : 0 },
    binary("Less, broadcast", Less(), floats([3, 1], seed: 13), floats([4], seed: 14), result: .bool) {
      $0 < $1 ? 1 : 0
    },
    binary("LessOrEqual", LessOrEqual(), few.0, few.1, result: .bool) { $0 <= $1 ? 1 : 0 },
    binary("Greater", Greater(), few.0, few.1, result: .bool) { $0 > $1 ? 1 : 0 },
    binary("Greater, integers", Greater(), whole.0, whole.1, result: .bool) { $0 > $1 ? 1 : 0 },
    binary("GreaterOrEqual", GreaterOrEqual(), few.0, few.1, result: .bool) { $0 >= $1 ? 1 : 0 },
    binary("And", And(), marks.0, marks.1) { $0 * $1 },
    binary("Or", Or(), marks.0, marks.1) { max($0, $1) },
    binary("Xor", Xor(), marks.0, marks.1) { $0 == $1 ? 0 : 1 },
    OperatorCase(
      name: "Not", op: Not(), inputs: [marks.1], expected: [booleans([false, false, true])]),
    OperatorCase(
      name: "IsNaN", op: IsNaN(), inputs: [few.0], expected: [booleans([false, false, false, true])]),
    OperatorCase(
      name: "Where", op: Where(), inputs: [marks.1, floats([2, 3], seed: 15), floats([2, 1], seed: 16)],
      expected: [
        NDArray.make(.float32, [2, 3]) {
          marks.1.at($0) == 0 ? floats([2, 1], seed: 16).at($0) : floats([2, 3], seed: 15).at($0)
        }
      ], wanted: [1, 2]),
    OperatorCase(
      name: "Where, integers", op: Where(), inputs: [marks.1, integers([1, 2, 3]), integers([-1])],
      expected: [integers([1, 2, -1])]),
    OperatorCase(
      name: "Cast to integers", op: Cast(to: .int64), inputs: [NDArray([Float(1.7), -1.7, .nan, 0], [4])],
      expected: [integers([1, -1, 0, 0])], forms: [6, 19, 24]),
    OperatorCase(
      name: "Cast to double", op: Cast(to: .float64), inputs: [square.0],
      expected: [NDArray(square.0.numbers, [3, 4])]),
    OperatorCase(
      name: "Cast to Booleans", op: Cast(to: .bool), inputs: [integers([0, 2, -1])],
      expected: [booleans([false, true, true])]),
    OperatorCase(
      name: "Cast from Booleans", op: Cast(to: .float32), inputs: [marks.1],
      expected: [NDArray([Float(1), 1, 0], [3])]),
    OperatorCase(name: "Cast to itself", op: Cast(), inputs: [square.0], expected: [square.0], wanted: [0]),
    OperatorCase(
      name: "CastLike", op: CastLike(), inputs: [integers([3, -4]), NDArray(Float(0))],
      expected: [NDArray([Float(3), -4], [2])]),
    OperatorCase(
      name: "Clip", op: Clip(), inputs: [coarse, NDArray(Float(-0.4)), NDArray(Float(0.3))],
      expected: [coarse.mapped { min(max($0, -0.4), 0.3) }], wanted: [0, 1, 2],
      forms: [11]),
    OperatorCase(
      name: "Clip, above only", op: Clip(), inputs: [coarse, nil, NDArray(Float(0.3))],
      expected: [coarse.mapped { min($0, 0.3) }], wanted: [0, 2], forms: [11]),
    OperatorCase(
      name: "Clip, bounds as attributes", op: Clip(low: -0.6, high: 0.3), inputs: [coarse],
      expected: [coarse.mapped { min(max($0, -0.6), 0.3) }], wanted: [0], forms: [6]),
    OperatorCase(
      name: "Clip, integers", op: Clip(), inputs: [whole.0, integers([-3], []), integers([5], [])],
      expected: [integers([5, -3, 5, 0, -3])], forms: [11]),
  ]
}
