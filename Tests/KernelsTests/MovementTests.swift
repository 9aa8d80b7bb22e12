import CKernels
import Testing

extension KernelsTests {
  @Suite struct Movement {
    static let transpositions: [([Int], [Int32])] = [
      ([70, 33], [1, 0]), ([2, 7, 3, 16], [0, 2, 1, 3]), ([3, 4, 5, 6], [3, 1, 0, 2]), ([2, 20, 30, 3], [0, 3, 1, 2]),
      ([5, 3, 14, 14], [0, 2, 3, 1]), ([1, 9, 1], [2, 1, 0]), ([], []), ([0, 3], [1, 0]), ([190, 180], [1, 0]),
    ]

    @Test(arguments: transpositions, [1, 2, 4, 8]) func transposes(_ example: ([Int], [Int32]), _ size: Int) {
      let (shape, permutation) = example
      let count = shape.reduce(1, *)
      let strides = denseStrides(shape)
      var numbers = Numbers(10)
      var plan = ck_strided()
      let x = numbers.integers(count * size, 0, 255).map { UInt8($0) }
      ck_transpose_make(&plan, Int32(shape.count), shape.int64, permutation)
      let result = everyWay { output(count * size, as: UInt8.self) { ck_copy_strided($0, x, &plan, Int32(size)) } }
      let from = positions(permutation.map { shape[Int($0)] }, permutation.map { strides[Int($0)] })
      let expected = from.flatMap { x[$0 * size..<($0 + 1) * size] }
      expectEqual(result, expected)
    }

    struct View: Sendable {
      let dims: [Int], out: [Int], outOffset: Int, outCount: Int
      let input: [Int], inOffset: Int, inCount: Int
    }

    static let views = [
      // A slice with a step, backwards; a concatenation's part; an expansion; a scatter with a step; columns.
      View(dims: [10, 20], out: [20, 1], outOffset: 0, outCount: 200, input: [-50, 2], inOffset: 450, inCount: 500),
      View(dims: [30, 40], out: [100, 1], outOffset: 60, outCount: 3000, input: [40, 1], inOffset: 0, inCount: 1200),
      View(
        dims: [6, 5, 70], out: [350, 70, 1], outOffset: 0, outCount: 2100, input: [0, 1, 0], inOffset: 0, inCount: 5),
      View(dims: [9, 11], out: [44, 3], outOffset: 1, outCount: 400, input: [11, 1], inOffset: 0, inCount: 99),
      View(dims: [33000], out: [1], outOffset: 7, outCount: 33100, input: [1], inOffset: 3, inCount: 33010),
      View(dims: [8, 3], out: [3, 1], outOffset: 0, outCount: 24, input: [1, 8], inOffset: 0, inCount: 24),
      View(dims: [0, 3], out: [3, 1], outOffset: 0, outCount: 4, input: [3, 1], inOffset: 0, inCount: 4),
    ]

    @Test(arguments: views) func stridedCopiesAndSums(_ view: View) {
      var numbers = Numbers(11)
      var plan = ck_strided()
      let x = numbers.floats(view.inCount)
      let start = numbers.floats(view.outCount)
      ck_strided_make(&plan, Int32(view.dims.count), view.dims.int64, view.out.int64, view.input.int64)
      var copied = start
      var added = start
      for (to, from) in zip(positions(view.dims, view.out), positions(view.dims, view.input)) {
        copied[view.outOffset + to] = x[view.inOffset + from]
        added[view.outOffset + to] += x[view.inOffset + from]
      }
      func run(_ kernel: (UnsafeMutablePointer<Float>, UnsafePointer<Float>) -> Void) -> [Float] {
        x.withUnsafeBufferPointer { input in
          output(view.outCount) { out in
            for i in 0..<view.outCount { out[i] = start[i] }
            if let base = input.baseAddress { kernel(out + view.outOffset, base + view.inOffset) }
          }
        }
      }
      expectEqual(everyWay { run { ck_copy_strided($0, $1, &plan, 4) } }, copied)
      expectEqual(everyWay { run { ck_add_strided_f32($0, $1, &plan) } }, added)
    }

    @Test func fillsCopiesAndRanges() {
      var value: Int64 = -3
      #expect(everyWay { output(50_001, as: Int64.self) { ck_fill($0, &value, 50_001, 8) } }.allSatisfy { $0 == -3 })
      var byte: UInt8 = 9
      #expect(everyWay { output(33, as: UInt8.self) { ck_fill($0, &byte, 33, 1) } } == [UInt8](repeating: 9, count: 33))
      var numbers = Numbers(12)
      let x = numbers.floats(50_001)
      expectEqual(everyWay { output(50_001) { ck_copy($0, x, 50_001, 4) } }, x)
      #expect(output(4) { ck_range_f32($0, 4, 1, 0.5) } == [1, 1.5, 2, 2.5])
      #expect(output(3, as: Int64.self) { ck_range_i64($0, 3, 5, -2) } == [5, 3, 1])
      #expect(output(3, as: Int32.self) { ck_range_i32($0, 3, 5, 1) } == [5, 6, 7])
    }
  }
}
