import CKernels
import Glibc
import Testing

/// Two shapes that broadcast, and what they broadcast to.
struct Broadcasting: Sendable, CustomTestStringConvertible {
  let a: [Int], b: [Int]

  var out: [Int] { zip(a, b).map { $0 == 1 ? $1 : $0 } }
  var testDescription: String { "\(a) with \(b)" }

  func strides(_ shape: [Int]) -> [Int] {
    zip(denseStrides(shape), zip(shape, out)).map { $1.0 == $1.1 ? $0 : 0 }
  }

  var plan: ck_broadcast {
    var plan = ck_broadcast()
    ck_broadcast_make(&plan, Int32(out.count), out.int64, strides(a).int64, strides(b).int64)
    return plan
  }

  /// For every output element, the positions of its operands.
  var operands: [(Int, Int)] { Array(zip(positions(out, strides(a)), positions(out, strides(b)))) }

  static let all = [
    Broadcasting(a: [3, 5, 7], b: [3, 5, 7]), Broadcasting(a: [129, 257], b: [129, 257]),
    Broadcasting(a: [1, 1], b: [9, 33]), Broadcasting(a: [19, 40], b: [1, 1]),
    Broadcasting(a: [180, 190], b: [1, 190]),
    Broadcasting(a: [40, 19], b: [40, 1]), Broadcasting(a: [4, 1, 6, 1], b: [1, 5, 1, 7]),
    Broadcasting(a: [2, 3, 1, 5, 2], b: [1, 3, 4, 1, 2]), Broadcasting(a: [0, 4], b: [1, 4]),
    Broadcasting(a: [], b: []),
  ]
}

extension KernelsTests {
  @Suite struct Binary {
    @Test(arguments: Broadcasting.all) func arithmetic(_ shapes: Broadcasting) {
      var numbers = Numbers(1)
      let a = numbers.floats(shapes.a.reduce(1, *), scale: 3)
      let b = numbers.floats(shapes.b.reduce(1, *), scale: 3)
      var plan = shapes.plan
      let operands = shapes.operands
      let operations: [(ck_binary_op, (Double, Double) -> Double)] = [
        (CK_ADD, { $0 + $1 }), (CK_SUB, { $0 - $1 }), (CK_MUL, { $0 * $1 }),
        (CK_DIV, { Double(Float($0) / Float($1)) }),
        (CK_MIN, { min($0, $1) }), (CK_MAX, { max($0, $1) }), (CK_POW, { pow($0, $1) }), (CK_FMOD, { fmod($0, $1) }),
        (CK_MOD, { $0 - floor($0 / $1) * $1 }),
      ]
      for (op, reference) in operations {
        let result = everyWay { output(Int(plan.count)) { ck_binary_f32(op, $0, a, b, &plan) } }
        expectClose(result, operands.map { reference(Double(a[$0]), Double(b[$1])) }, within: 2e-6)
      }
    }

    @Test(arguments: Broadcasting.all) func comparisons(_ shapes: Broadcasting) {
      var numbers = Numbers(2)
      let a = numbers.integers(shapes.a.reduce(1, *), -2, 2)
      let b = numbers.integers(shapes.b.reduce(1, *), -2, 2)
      var plan = shapes.plan
      let operands = shapes.operands
      let operations: [(ck_compare_op, (Int, Int) -> Bool)] = [
        (CK_EQUAL, { $0 == $1 }), (CK_LESS, { $0 < $1 }), (CK_LESS_OR_EQUAL, { $0 <= $1 }), (CK_GREATER, { $0 > $1 }),
        (CK_GREATER_OR_EQUAL, { $0 >= $1 }),
      ]
      for (op, reference) in operations {
        let expected = operands.map { reference(a[$0], b[$1]) ? UInt8(1) : 0 }
        let count = Int(plan.count)
        expectEqual(
          everyWay { output(count, as: UInt8.self) { ck_compare_i64(op, $0, a.int64, b.int64, &plan) } }, expected)
        let (a32, b32) = (a.map(Int32.init), b.map(Int32.init))
        expectEqual(everyWay { output(count, as: UInt8.self) { ck_compare_i32(op, $0, a32, b32, &plan) } }, expected)
        let (af, bf) = (a.map(Float.init), b.map(Float.init))
        expectEqual(everyWay { output(count, as: UInt8.self) { ck_compare_f32(op, $0, af, bf, &plan) } }, expected)
      }
      let (ab, bb) = (a.map { UInt8($0 > 0 ? 1 : 0) }, b.map { UInt8($0 > 0 ? 1 : 0) })
      let logical: [(ck_logical_op, (UInt8, UInt8) -> UInt8)] = [
        (CK_AND, { $0 & $1 }), (CK_OR, { $0 | $1 }), (CK_XOR, { $0 ^ $1 }),
      ]
      for (op, reference) in logical {
        let result = everyWay { output(Int(plan.count), as: UInt8.self) { ck_logical(op, $0, ab, bb, &plan) } }
        #expect(result == operands.map { reference(ab[$0], bb[$1]) })
      }
    }

    @Test func integersNeverTrap() {
      let a: [Int64] = [7, -7, 7, -7, 5, .min, .min, .max, 2, -1, 0, 3]
      let b: [Int64] = [2, 2, -2, -2, 0, -1, 1, 2, 62, 3, -1, -2]
      var plan = Broadcasting(a: [12], b: [12]).plan
      func run(_ op: ck_binary_op) -> [Int64] {
        everyWay { output(12, as: Int64.self) { ck_binary_i64(op, $0, a, b, &plan) } }
      }
      #expect(run(CK_DIV) == [3, -3, -3, 3, 0, .min, .min, .max / 2, 0, 0, 0, -1])
      #expect(run(CK_MOD) == [1, 1, -1, -1, 0, 0, 0, 1, 2, 2, 0, -1])
      #expect(run(CK_FMOD) == [1, -1, 1, -1, 0, 0, 0, 1, 2, -1, 0, 1])
      #expect(run(CK_ADD)[6] == .min + 1)
      #expect(run(CK_SUB)[5] == .min + 1)
      #expect(run(CK_POW)[8...] == [1 << 62, -1, 0, 0])
      let small = a.map { Int32(clamping: $0) }
      let divisor = b.map { Int32($0) }
      let result = everyWay { output(12, as: Int32.self) { ck_binary_i32(CK_DIV, $0, small, divisor, &plan) } }
      #expect(result[5] == .min && result[4] == 0 && result[1] == -3)
    }

    /// No number of an unsigned type is negative, however large.
    @Test func largeNumbersWithoutSign() {
      let a: [UInt64] = [.max, 1 << 63, 5, .max, 7, .max]
      let b: [UInt64] = [2, .max, 1 << 63, .max, 0, 10]
      var plan = Broadcasting(a: [6], b: [6]).plan
      func run(_ op: ck_binary_op) -> [UInt64] {
        everyWay { output(6, as: UInt64.self) { ck_binary_u64(op, $0, a, b, &plan) } }
      }
      #expect(run(CK_DIV) == [.max / 2, 0, 0, 1, 0, .max / 10])
      #expect(run(CK_MOD) == [1, 1 << 63, 5, 0, 0, 5] && run(CK_FMOD) == run(CK_MOD))
      #expect(run(CK_MIN) == [2, 1 << 63, 5, .max, 0, 10] && run(CK_MAX) == [.max, .max, 1 << 63, .max, 7, .max])
      #expect(run(CK_ADD)[1] == (1 << 63) - 1 && run(CK_POW)[0] == 1)
      let less = everyWay { output(6, as: UInt8.self) { ck_compare_u64(CK_LESS, $0, a, b, &plan) } }
      #expect(less == [0, 1, 1, 0, 0, 0])
    }

    @Test func extremesHandNaNOn() {
      let a: [Float] = [.nan, 1, 2, -.infinity]
      let b: [Float] = [1, .nan, 1, 0]
      var plan = Broadcasting(a: [4], b: [4]).plan
      let largest = everyWay { output(4) { ck_binary_f32(CK_MAX, $0, a, b, &plan) } }
      let smallest = everyWay { output(4) { ck_binary_f32(CK_MIN, $0, a, b, &plan) } }
      #expect(largest[0].isNaN && largest[1].isNaN && largest[2...] == [2, 0])
      #expect(smallest[0].isNaN && smallest[1].isNaN && smallest[2...] == [1, -.infinity])
    }

    @Test func outputMayBeAnOperand() {
      var numbers = Numbers(3)
      let shapes = Broadcasting(a: [80, 500], b: [1, 500])
      let a = numbers.floats(40000)
      let b = numbers.floats(500)
      var plan = shapes.plan
      let apart = output(40000) { ck_binary_f32(CK_MUL, $0, a, b, &plan) }
      let inPlace = everyWay {
        var data = a
        data.withUnsafeMutableBufferPointer { buffer in
          ck_binary_f32(CK_MUL, buffer.baseAddress, buffer.baseAddress, b, &plan)
        }
        return data
      }
      expectEqual(inPlace, apart)
    }

    @Test(arguments: [1, 2, 4, 8]) func whereChooses(_ size: Int) {
      let shape = [12, 30, 50]
      let count = 18000
      var numbers = Numbers(4)
      let condition = numbers.integers(360, 0, 1).map(UInt8.init)
      let b = numbers.integers(50 * size, 0, 255).map(UInt8.init)
      let a = numbers.integers(count * size, 0, 255).map(UInt8.init)
      var plan = ck_broadcast()
      ck_broadcast_make3(&plan, 3, shape.int64, [30, 1, 0], [1500, 50, 1], [0, 0, 1])
      let result = everyWay {
        output(count * size, as: UInt8.self) { ck_where($0, condition, a, b, &plan, Int32(size)) }
      }
      let expected = (0..<count * size).map { condition[$0 / size / 50] != 0 ? a[$0] : b[$0 % (50 * size)] }
      expectEqual(result, expected)
    }
  }
}
