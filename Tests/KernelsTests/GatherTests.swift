import CKernels
import Testing

extension KernelsTests {
  @Suite struct Gather {
    static let sizes = [
      [1, 300, 200, 32], [3, 7, 20, 5], [2, 1, 3, 1], [4, 5, 0, 2], [1, 900, 40, 40], [20, 6, 9, 30],
    ]

    @Test(arguments: sizes) func gathersAndItsGradient(_ sizes: [Int]) {
      let (outer, axis, count, inner) = (sizes[0], sizes[1], sizes[2], sizes[3])
      var numbers = Numbers(13)
      let x = numbers.floats(outer * axis * inner)
      let dy = numbers.floats(outer * count * inner)
      let picks = numbers.integers(count, -axis, axis - 1)
      var expected: [Float] = []
      var gradient = [Double](repeating: 0, count: x.count)
      for o in 0..<outer {
        for (i, pick) in picks.enumerated() {
          let row = (o * axis + (pick < 0 ? pick + axis : pick)) * inner
          expected += x[row..<row + inner]
          for j in 0..<inner { gradient[row + j] += Double(dy[(o * count + i) * inner + j]) }
        }
      }
      let (a, b, c, d) = (Int64(outer), Int64(axis), Int64(count), Int64(inner))
      let wide = picks.int64
      let narrow = picks.map { Int32($0) }
      expectEqual(everyWay { output(expected.count) { ck_gather($0, x, wide, CK_I64, a, b, c, d, 4) } }, expected)
      expectEqual(everyWay { output(expected.count) { ck_gather($0, x, narrow, CK_I32, a, b, c, d, 4) } }, expected)
      expectClose(everyWay { output(x.count) { ck_gather_gradient_f32($0, dy, wide, CK_I64, a, b, c, d) } }, gradient)
    }

    @Test func badIndicesAreFoundAndClamped() {
      #expect(ck_indices_out_of_range([0, -3, 2] as [Int64], CK_I64, 3, 3) == -1)
      #expect(ck_indices_out_of_range([0, -4, 3] as [Int64], CK_I64, 3, 3) == 1)
      #expect(ck_indices_out_of_range([0, 3] as [Int32], CK_I32, 2, 3) == 1)
      #expect(ck_index_tuples_out_of_range([0, 1, 1, 2] as [Int64], CK_I64, 2, 2, [2, 2]) == 3)
      #expect(ck_index_tuples_out_of_range([0, 1, 1, -2] as [Int64], CK_I64, 2, 2, [2, 2]) == -1)
      let far: [Int64] = [.max, .min, 1]
      #expect(output(3) { ck_gather($0, [5, 6, 7] as [Float], far, CK_I64, 1, 3, 3, 1, 4) } == [7, 5, 6])
    }

    @Test func gatherNDAndItsGradient() {
      let dims = [4, 5]
      let inner = 6
      let batches = 3
      let count = 40
      var numbers = Numbers(14)
      let x = numbers.floats(batches * 20 * inner)
      let dy = numbers.floats(batches * count * inner)
      let tuples = (0..<batches * count).flatMap { _ in numbers.integers(1, -4, 3) + numbers.integers(1, -5, 4) }
      var expected: [Float] = []
      var gradient = [Double](repeating: 0, count: x.count)
      for t in 0..<batches * count {
        let (r, c) = (tuples[2 * t], tuples[2 * t + 1])
        let row = (t / count * 20 + (r < 0 ? r + 4 : r) * 5 + (c < 0 ? c + 5 : c)) * inner
        expected += x[row..<row + inner]
        for j in 0..<inner { gradient[row + j] += Double(dy[t * inner + j]) }
      }
      let result = everyWay {
        output(expected.count) { ck_gather_nd($0, x, tuples.int64, CK_I64, 3, 40, 2, dims.int64, 6, 4) }
      }
      expectEqual(result, expected)
      let dx = everyWay {
        output(x.count) { ck_gather_nd_gradient_f32($0, dy, tuples.int64, CK_I64, 3, 40, 2, dims.int64, 6) }
      }
      expectClose(dx, gradient)
    }

    @Test func scatterND() {
      var numbers = Numbers(15)
      let x = numbers.floats(12 * 5)
      let updates = numbers.floats(30 * 5)
      let rows = numbers.integers(30, 0, 11)
      let tuples = rows.flatMap { [$0 / 4, $0 % 4] }.int64
      let dims: [Int64] = [3, 4]
      var written = x
      var added = x
      for (i, row) in rows.enumerated() {
        for j in 0..<5 {
          written[row * 5 + j] = updates[i * 5 + j]
          added[row * 5 + j] += updates[i * 5 + j]
        }
      }
      #expect(everyWay { output(60) { ck_scatter_nd($0, x, tuples, CK_I64, updates, 30, 2, dims, 5, 4) } } == written)
      let sums = everyWay { output(60) { ck_scatter_nd_add_f32($0, x, tuples, CK_I64, updates, 30, 2, dims, 5) } }
      #expect(sums == added)
      let integers = everyWay {
        output(3, as: Int64.self) {
          ck_scatter_nd_add_i64($0, [1, 2, 3], [0, 0, -1] as [Int64], CK_I64, [4, 5, 6], 3, 1, [3], 1)
        }
      }
      #expect(integers == [10, 2, 9])
    }
  }
}
