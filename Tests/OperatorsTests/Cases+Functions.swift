import Foundation
import Graphs
import Operators
import Tensors

func power(_ base: Double, _ exponent: Double) -> Double { Foundation.pow(base, exponent) }

extension OperatorCase {
  private static func function(
    _ name: String, _ op: any Operator, in range: ClosedRange<Float> = -1.5...1.5, differentiable: Bool = true,
    _ f: (Double) -> Double
  ) -> OperatorCase {
    let x = floats([3, 11], seed: 21, in: range)
    return OperatorCase(
      name: name, op: op, inputs: [x], expected: [x.mapped(f)], wanted: differentiable ? [0] : [])
  }

  static let functions: [OperatorCase] = [
    function("Neg", Neg()) { -$0 },
    OperatorCase(name: "Neg, integers", op: Neg(), inputs: [integers([3, -4])], expected: [integers([-3, 4])]),
    function("Abs", Abs(), in: 0.1...2) { abs($0) },
    function("Abs, negative", Abs(), in: -2...(-0.1)) { abs($0) },
    OperatorCase(
      name: "Abs, i32", op: Abs(), inputs: [NDArray([Int32(3), -4], [2])], expected: [NDArray([Int32(3), 4], [2])]),
    function("Exp", Exp()) { exp($0) },
    OperatorCase(name: "Exp, large", op: Exp(), inputs: [floats([65, 1031], seed: 22, in: -80...80)]),
    function("Log", Log(), in: 0.3...3) { log($0) },
    function("Sqrt", Sqrt(), in: 0.3...3) { $0.squareRoot() },
    function("Reciprocal", Reciprocal(), in: 0.5...3) { 1 / $0 },
    function("Erf", Erf()) { erf($0) },
    function("Sigmoid", Sigmoid(), in: -6...6) { 1 / (1 + exp(-$0)) },
    function("Tanh", Tanh()) { tanh($0) },
    function("Relu, above", Relu(), in: 0.1...1) { max($0, 0) },
    function("Relu, below", Relu(), in: -1...(-0.1)) { max($0, 0) },
    function("Relu, around", Relu(), differentiable: false) { max($0, 0) },
    function("Cos", Cos()) { cos($0) },
    function("Sin", Sin()) { sin($0) },
    function("Floor", Floor(), differentiable: false) { $0.rounded(.down) },
    function("Ceil", Ceil(), differentiable: false) { $0.rounded(.up) },
  ]

  private static func reduction(
    _ name: String, _ op: any Operator, _ x: NDArray, axes: [Int], keep: Bool, forms: [Int]? = nil,
    differentiable: Bool = true, _ f: ([Double]) -> Double
  ) -> OperatorCase {
    let all = positions(x.sizes)
    var groups: [[Int]: [Double]] = [:]
    for position in all {
      groups[position.indices.map { axes.contains($0) ? 0 : position[$0] }, default: []].append(x.at(position))
    }
    let kept = x.sizes.indices.map { axes.contains($0) ? 1 : x.sizes[$0] }
    let expected = NDArray.make(x.scalar, kept) { f(groups[$0] ?? []) }
    let sizes = keep ? kept : x.sizes.indices.filter { !axes.contains($0) }.map { x.sizes[$0] }
    return OperatorCase(
      name: name, op: op, inputs: [x], expected: [NDArray(reshaping: expected, sizes)],
      wanted: differentiable && x.scalar.isFloat ? [0] : [], forms: forms)
  }

  private static let cube = floats([2, 3, 5], seed: 23, in: 0.5...2)

  static let reductions: [OperatorCase] = [
    reduction("ReduceSum, last", ReduceSum(axes: [-1], keepDimensions: true), cube, axes: [2], keep: true) {
      $0.reduce(0, +)
    },
    reduction(
      "ReduceSum, first and last", ReduceSum(axes: [0, 2], keepDimensions: false), cube, axes: [0, 2], keep: false
    ) {
      $0.reduce(0, +)
    },
    reduction("ReduceSum, all", ReduceSum(), cube, axes: [0, 1, 2], keep: true) { $0.reduce(0, +) },
    reduction(
      "ReduceSum, integers", ReduceSum(axes: [0], keepDimensions: false), integers([1, 2, 3, 4], [2, 2]), axes: [0],
      keep: false
    ) {
      $0.reduce(0, +)
    },
    OperatorCase(
      name: "ReduceSum, nothing", op: ReduceSum(axes: nil, keepDimensions: true, noopWithEmptyAxes: true),
      inputs: [cube],
      expected: [cube], wanted: [0], forms: [13]),
    OperatorCase(
      name: "ReduceSum, large, last", op: ReduceSum(axes: [1], keepDimensions: false),
      inputs: [floats([65, 2053], seed: 24)], tolerance: 1e-4),
    OperatorCase(
      name: "ReduceSum, large, first", op: ReduceSum(axes: [0], keepDimensions: false),
      inputs: [floats([2053, 65], seed: 25)], tolerance: 1e-4),
    reduction("ReduceMean", ReduceMean(axes: [1], keepDimensions: false), cube, axes: [1], keep: false) {
      $0.reduce(0, +) / Double($0.count)
    },
    reduction(
      "ReduceMax", ReduceMax(axes: [1, 2], keepDimensions: true), distinct([2, 3, 5]), axes: [1, 2], keep: true
    ) {
      $0.max() ?? 0
    },
    reduction("ReduceMin", ReduceMin(axes: [0], keepDimensions: false), distinct([2, 3, 5]), axes: [0], keep: false) {
      $0.min() ?? 0
    },
    reduction("ReduceProd", ReduceProd(axes: [2], keepDimensions: false), cube, axes: [2], keep: false) {
      $0.reduce(1, *)
    },
    reduction(
      "ReduceProd, integers", ReduceProd(axes: [0], keepDimensions: true), integers([2, 3, 7]), axes: [0], keep: true
    ) {
      $0.reduce(1, *)
    },
    reduction("ReduceL2", ReduceL2(axes: [-1], keepDimensions: true), cube, axes: [2], keep: true) {
      $0.reduce(0) { $0 + $1 * $1 }.squareRoot()
    },
    reduction("ReduceL2, without axis", ReduceL2(axes: [1], keepDimensions: false), cube, axes: [1], keep: false) {
      $0.reduce(0) { $0 + $1 * $1 }.squareRoot()
    },
    reduction(
      "ReduceSumSquare", ReduceSumSquare(axes: [0, 1], keepDimensions: false), cube, axes: [0, 1], keep: false
    ) {
      $0.reduce(0) { $0 + $1 * $1 }
    },
  ]
}

extension NDArray {
  /// The same numbers under other sizes of the same count.
  init(reshaping array: NDArray, _ sizes: [Int]) {
    self = (try? array.reshaped(sizes)) ?? array
  }
}
