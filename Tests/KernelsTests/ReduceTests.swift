import CKernels
import Glibc
import Testing

struct Reducing: Sendable, CustomTestStringConvertible {
  let shape: [Int], axes: [Int]

  var testDescription: String { "\(shape) over \(axes)" }
  var kept: [Int] { shape.indices.filter { !axes.contains($0) } }
  var reducedCount: Int { axes.map { shape[$0] }.reduce(1, *) }

  var plan: ck_reduction {
    var plan = ck_reduction()
    ck_reduction_make(&plan, Int32(shape.count), shape.int64, axes.reduce(UInt32(0)) { $0 | 1 << $1 })
    return plan
  }

  /// The elements that belong to each output.
  func groups<T>(_ x: [T]) -> [[T]] {
    let kept = kept
    let outStrides = denseStrides(kept.map { shape[$0] })
    let strides = shape.indices.map { axis in kept.firstIndex(of: axis).map { outStrides[$0] } ?? 0 }
    var groups = [[T]](repeating: [], count: kept.map { shape[$0] }.reduce(1, *))
    for (value, group) in zip(x, positions(shape, strides)) { groups[group].append(value) }
    return groups
  }

  static let all = [
    Reducing(shape: [7, 50], axes: [1]), Reducing(shape: [3, 2500], axes: [1]), Reducing(shape: [90, 700], axes: [0]),
    Reducing(shape: [15, 10, 1100], axes: [0, 1]), Reducing(shape: [140_000], axes: [0]),
    Reducing(shape: [5, 6, 7, 8], axes: [1, 3]), Reducing(shape: [5, 6, 7, 8], axes: [0, 2]),
    Reducing(shape: [4, 3, 20, 20], axes: [0, 2, 3]), Reducing(shape: [2, 3, 4], axes: []),
    Reducing(shape: [2, 3, 4], axes: [0, 1, 2]), Reducing(shape: [0, 4], axes: [0]),
    Reducing(shape: [4, 0], axes: [0]),
    Reducing(shape: [1, 1], axes: [0]), Reducing(shape: [], axes: []), Reducing(shape: [45_000, 3], axes: [0]),
  ]
}

extension KernelsTests {
  @Suite struct Reduce {
    @Test(arguments: Reducing.all) func floats(_ reducing: Reducing) {
      var numbers = Numbers(7)
      var plan = reducing.plan
      let x = numbers.floats(reducing.shape.reduce(1, *))
      let groups = reducing.groups(x.doubles)
      let operations: [(ck_reduce_op, ([Double]) -> Double)] = [
        (CK_REDUCE_SUM, { $0.reduce(0, +) }), (CK_REDUCE_MEAN, { $0.reduce(0, +) / Double($0.count) }),
        (CK_REDUCE_MAX, { $0.reduce(-.infinity, max) }), (CK_REDUCE_MIN, { $0.reduce(.infinity, min) }),
        (CK_REDUCE_PROD, { $0.reduce(1, *) }), (CK_REDUCE_SUM_SQUARE, { $0.map { $0 * $0 }.reduce(0, +) }),
        (CK_REDUCE_L2, { $0.map { $0 * $0 }.reduce(0, +).squareRoot() }),
      ]
      for (op, reference) in operations {
        var expected = groups.map(reference)
        if op == CK_REDUCE_PROD { expected = expected.map { abs($0) < 1e-30 ? 0 : $0 } }
        var result: [Float] = []
        withScratch(ck_reduce_scratch(&plan)) { scratch in
          result = everyWay { output(groups.count) { ck_reduce_f32(op, $0, x, &plan, scratch) } }
        }
        let magnitudes = groups.map { $0.map(abs).reduce(0, +) }.max() ?? 0
        let scale = expected.filter(\.isFinite).map(abs).max() ?? 1
        expectClose(result, expected, within: max(1e-6, 1e-7 * magnitudes / max(scale, 1e-3)))
      }
    }

    @Test(arguments: Reducing.all) func integers(_ reducing: Reducing) {
      var numbers = Numbers(8)
      var plan = reducing.plan
      let x = numbers.integers(reducing.shape.reduce(1, *), -9, 9)
      let groups = reducing.groups(x)
      func check(_ op: ck_reduce_op, _ reference: ([Int]) -> Int) {
        let expected = groups.map(reference)
        let wide = everyWay {
          output(groups.count, as: Int64.self) { ck_reduce_i64(op, $0, x.int64, &plan, nil) }
        }
        #expect(wide.map { Int($0) } == expected)
        guard expected.allSatisfy({ Int32(exactly: $0) != nil }) else { return }
        let narrow = everyWay {
          output(groups.count, as: Int32.self) { ck_reduce_i32(op, $0, x.map { Int32($0) }, &plan, nil) }
        }
        #expect(narrow.map { Int($0) } == expected)
      }
      check(CK_REDUCE_SUM) { $0.reduce(0, +) }
      check(CK_REDUCE_SUM_SQUARE) { $0.map { $0 * $0 }.reduce(0, +) }
      check(CK_REDUCE_L2) { Int(Double($0.map { $0 * $0 }.reduce(0, +)).squareRoot()) }
      check(CK_REDUCE_MEAN) { $0.isEmpty ? 0 : $0.reduce(0, +) / $0.count }
      guard reducing.reducedCount > 0 else { return }
      check(CK_REDUCE_MAX) { $0.reduce(.min, max) }
      check(CK_REDUCE_MIN) { $0.reduce(.max, min) }
    }

    @Test func extremesHandNaNOn() {
      var x = [Float](repeating: 1, count: 100)
      x[37] = .nan
      var plan = Reducing(shape: [2, 50], axes: [1]).plan
      let result = everyWay { output(2) { ck_reduce_f32(CK_REDUCE_MAX, $0, x, &plan, nil) } }
      #expect(result[0].isNaN && result[1] == 1)
      var columns = Reducing(shape: [50, 2], axes: [0]).plan
      let byColumn = everyWay { output(2) { ck_reduce_f32(CK_REDUCE_MIN, $0, x, &columns, nil) } }
      #expect(byColumn[0] == 1 && byColumn[1].isNaN)
    }

    @Test(arguments: [[3, 77, 1], [4, 9, 50], [1, 1, 1], [300, 128, 1]]) func argmax(_ sizes: [Int]) {
      let (outer, n, inner) = (sizes[0], sizes[1], sizes[2])
      var numbers = Numbers(9)
      let x = numbers.integers(outer * n * inner, 0, 9)
      for last in [false, true] {
        let expected = (0..<outer * inner).map { o in
          let row = (0..<n).map { x[o / inner * n * inner + $0 * inner + o % inner] }
          let largest = row.max() ?? 0
          return Int64((last ? row.lastIndex(of: largest) : row.firstIndex(of: largest)) ?? -1)
        }
        let count = outer * inner
        let (a, b, c) = (Int64(outer), Int64(n), Int64(inner))
        let xf = x.map { Float($0) }
        let x32 = x.map { Int32($0) }
        #expect(everyWay { output(count, as: Int64.self) { ck_argmax_f32($0, xf, a, b, c, last) } } == expected)
        #expect(everyWay { output(count, as: Int64.self) { ck_argmax_i64($0, x.int64, a, b, c, last) } } == expected)
        #expect(everyWay { output(count, as: Int64.self) { ck_argmax_i32($0, x32, a, b, c, last) } } == expected)
      }
    }
  }
}
