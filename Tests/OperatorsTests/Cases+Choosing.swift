import Graphs
import Operators
import Tensors

extension OperatorCase {
  private static let x = floats([3, 4, 2], seed: 401)
  private static let whole = integers([5, -2, 7, 7, 0, 1], [2, 3])

  /// The `k` best of axis 1 of `x` [3, 4, 2].
  private static func best(_ k: Int, largest: Bool) -> [NDArray] {
    func order(_ at: [Int]) -> [Int] {
      (0..<4).sorted { a, b in
        let (l, r) = (x.at([at[0], a, at[2]]), x.at([at[0], b, at[2]]))
        return largest ? l > r : l < r
      }
    }
    return [
      NDArray.make(.float32, [3, k, 2]) { x.at([$0[0], order($0)[$0[1]], $0[2]]) },
      NDArray.make(.int64, [3, k, 2]) { Double(order($0)[$0[1]]) },
    ]
  }

  private static func sums(exclusive: Bool, reverse: Bool) -> NDArray {
    NDArray.make(.float32, [3, 4, 2]) { at in
      (0..<4).filter { i in
        let distance = reverse ? i - at[1] : at[1] - i
        return exclusive ? distance > 0 : distance >= 0
      }.reduce(0) { $0 + x.at([at[0], $1, at[2]]) }
    }
  }

  private static let places = integers([1, 0, -1, 2, 2, 1], [3, 1, 2])

  private static func branch(_ addend: Float) -> Subgraph {
    Subgraph("branch", inputs: 0, outputs: 1) { _, _, captured in captured.compactMap { $0.map { $0 + addend } } }
  }

  /// Adds the trip's number to the first carried value, and gives its square.
  private static let body = Subgraph("body", inputs: 3, outputs: 3) { _, inputs, captured in
    let next = inputs[2] + inputs[0].cast(to: .float32) + (captured.first.flatMap { $0 } ?? inputs[2])
    return [inputs[1], next, next * next]
  }

  static let choosing: [OperatorCase] = [
    OperatorCase(
      name: "TopK, largest", op: TopK(axis: 1), inputs: [x, integers([2])], outputs: 2,
      expected: best(2, largest: true), wanted: [0], seeded: 1, forms: [10, 11]),
    OperatorCase(
      name: "TopK, smallest", op: TopK(axis: -2, largest: false), inputs: [x, integers([4])], outputs: 2,
      expected: best(4, largest: false), forms: [11]),
    OperatorCase(
      name: "TopK, integers and ties", op: TopK(axis: -1), inputs: [whole, integers([2])], outputs: 2,
      expected: [integers([7, 5, 7, 1], [2, 2]), integers([2, 0, 0, 2], [2, 2])], forms: [10, 11]),
    OperatorCase(
      name: "TopK, as an attribute", op: TopK(axis: 1, count: 2), inputs: [x], outputs: 2,
      expected: best(2, largest: true), forms: [1]),
    OperatorCase(
      name: "TopK, bytes", op: TopK(axis: 0), inputs: [NDArray([UInt8(3), 250, 9], [3]), integers([1])], outputs: 2,
      expected: [NDArray([UInt8(250)], [1]), integers([1])], forms: [10, 11]),
    OperatorCase(
      name: "CumSum", op: CumSum(axis: 1), inputs: [x], expected: [sums(exclusive: false, reverse: false)], wanted: [0]),
    OperatorCase(
      name: "CumSum, of those before", op: CumSum(axis: -2, isExclusive: true), inputs: [x],
      expected: [sums(exclusive: true, reverse: false)], wanted: [0]),
    OperatorCase(
      name: "CumSum, from the end", op: CumSum(axis: 1, isExclusive: true, isReverse: true), inputs: [x],
      expected: [sums(exclusive: true, reverse: true)], wanted: [0]),
    OperatorCase(
      name: "CumSum, i32", op: CumSum(axis: 0), inputs: [NDArray([Int32(1), 2, 3], [3])],
      expected: [NDArray([Int32(1), 3, 6], [3])]),
    OperatorCase(
      name: "GatherElements", op: GatherElements(axis: 1), inputs: [x, places],
      expected: [
        NDArray.make(.float32, [3, 1, 2]) { at in
          let index = Int(places.at(at))
          return x.at([at[0], index < 0 ? index + 4 : index, at[2]])
        }
      ], wanted: [0]),
    OperatorCase(
      name: "ScatterElements", op: ScatterElements(axis: 1), inputs: [x, places, floats([3, 1, 2], seed: 402)],
      expected: [scattered { _, update in update }], wanted: [0, 2]),
    OperatorCase(
      name: "ScatterElements, added", op: ScatterElements(axis: 1, .add),
      inputs: [x, places, floats([3, 1, 2], seed: 402)], expected: [scattered(+)], wanted: [0, 2], forms: [16]),
    OperatorCase(
      name: "ScatterElements, the greater", op: ScatterElements(axis: 1, .max),
      inputs: [x, places, floats([3, 1, 2], seed: 402)], expected: [scattered(max)], forms: [16]),
    OperatorCase(
      name: "ScatterElements, products of integers", op: ScatterElements(axis: 0, .mul),
      inputs: [integers([2, 3]), integers([1, 1]), integers([5, 7])], expected: [integers([2, 105])], forms: [16]),
    OperatorCase(
      name: "NonZero", op: NonZero(), inputs: [integers([0, 3, -1, 0])], expected: [integers([1, 2], [1, 2])]),
    OperatorCase(
      name: "Compress", op: Compress(axis: 1), inputs: [x, booleans([false, true, true])],
      expected: [NDArray.make(.float32, [3, 2, 2]) { x.at([$0[0], $0[1] + 1, $0[2]]) }]),
    OperatorCase(
      name: "ArgMin", op: ArgMin(axis: -1, keepDimensions: false), inputs: [whole], expected: [integers([1, 1])]),
    OperatorCase(
      name: "ArgMin, the last", op: ArgMin(axis: 1, keepDimensions: true, last: true),
      inputs: [integers([1, 0, 0], [1, 3])], expected: [integers([2], [1, 1])], forms: [12]),
    OperatorCase(
      name: "OneHot", op: OneHot(axis: 0),
      inputs: [integers([1, -1, 5]), integers([3]), NDArray([Float(-1), 4], [2])],
      expected: [NDArray([Float(-1), -1, -1, 4, -1, -1, -1, 4, -1], [3, 3])]),
    OperatorCase(
      name: "Hardmax", op: Hardmax(axis: 1), inputs: [NDArray([Float(1), 3, 3, 2, 0, 1], [2, 3])],
      expected: [NDArray([Float(0), 1, 0, 1, 0, 0], [2, 3])]),
    OperatorCase(
      name: "EyeLike", op: EyeLike(diagonal: 1, scalar: .int64), inputs: [floats([2, 3], seed: 403)],
      expected: [integers([0, 1, 0, 0, 0, 1], [2, 3])]),
    OperatorCase(
      name: "If", op: If(then: branch(1), else: branch(-1)), inputs: [booleans([false], []), x],
      expected: [x.mapped { $0 - 1 }]),
    OperatorCase(
      name: "Loop", op: Loop(body: body), inputs: [integers([3], []), nil, NDArray(Float(1)), NDArray(Float(2))],
      outputs: 2, expected: [NDArray(Float(10)), NDArray([Float(9), 36, 100], [3])]),
    OperatorCase(
      name: "Loop, never", op: Loop(body: body),
      inputs: [integers([0], []), nil, NDArray(Float(1)), NDArray(Float(2))],
      outputs: 2, expected: [NDArray(Float(1)), NDArray([Float](), [0])]),
  ]

  private static func scattered(_ combine: (Double, Double) -> Double) -> NDArray {
    let updates = floats([3, 1, 2], seed: 402)
    return NDArray.make(.float32, [3, 4, 2]) { at in
      let place = [at[0], 0, at[2]]
      let index = Int(places.at(place))
      return (index < 0 ? index + 4 : index) == at[1] ? combine(x.at(at), updates.at(place)) : x.at(at)
    }
  }
}
