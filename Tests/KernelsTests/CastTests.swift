import CKernels
import Glibc
import Testing

extension KernelsTests {
  @Suite struct Cast {
    func cast<From: BitwiseCopyable, To: Numeric>(_ x: [From], _ from: ck_type, _ to: ck_type, as type: To.Type) -> [To]
    {
      x.withUnsafeBytes { bytes in
        output(x.count, as: type) { ck_cast($0, to, bytes.baseAddress, from, Int64(x.count)) }
      }
    }

    @Test func everyHalfSurvives() {
      let halves = (0...UInt16.max).map { $0 }
      let floats = cast(halves, CK_F16, CK_F32, as: Float.self)
      for (half, float) in zip(halves, floats) {
        let exponent = Int(half >> 10 & 31)
        let fraction = Double(half & 1023)
        let magnitude =
          exponent == 31
          ? (fraction == 0 ? Double.infinity : .nan)
          : exponent == 0 ? fraction * 0x1p-24 : (1024 + fraction) * pow(2, Double(exponent - 25))
        let expected = half >> 15 == 1 ? -magnitude : magnitude
        if !(expected.isNaN ? float.isNaN : Double(float) == expected) { Issue.record("\(half) became \(float)") }
      }
      let back = cast(floats, CK_F32, CK_F16, as: UInt16.self)
      let doubles = cast(floats.doubles, CK_F64, CK_F16, as: UInt16.self)
      for (half, result) in zip(halves, zip(back, doubles)) where half & 0x7FFF <= 0x7C00 {
        if half != result.0 || half != result.1 { Issue.record("\(half) came back as \(result)") }
      }
    }

    @Test func halvesRoundToNearestEven() {
      let one = 1.0
      let step = 0x1p-10
      let values: [Double] = [
        one + step / 2, one + step * 1.5, one + step / 2 + 1e-12, 65519.99, 65520, 1e-8, 0x1.001p-25,
      ]
      #expect(cast(values, CK_F64, CK_F16, as: UInt16.self) == [0x3C00, 0x3C02, 0x3C01, 0x7BFF, 0x7C00, 0, 1])
      let bf16: [Double] = [1 + 0x1p-8, 1 + 0x3p-8, 1 + 0x1p-8 + 1e-12, -2]
      #expect(cast(bf16, CK_F64, CK_BF16, as: UInt16.self) == [0x3F80, 0x3F82, 0x3F81, 0xC000])
      #expect(cast([0x3F81, 0x7F80] as [UInt16], CK_BF16, CK_F32, as: Float.self) == [1.0078125, .infinity])
    }

    @Test func integersSaturateAndWrap() {
      let values: [Float] = [1.9, -1.9, 3e9, -3e9, .nan, 1e30, 300]
      #expect(cast(values, CK_F32, CK_I32, as: Int32.self) == [1, -1, .max, .min, 0, .max, 300])
      #expect(cast(values, CK_F32, CK_I64, as: Int64.self) == [1, -1, 3_000_000_000, -3_000_000_000, 0, .max, 300])
      #expect(cast(values, CK_F32, CK_U8, as: UInt8.self) == [1, 0, 255, 0, 0, 255, 255])
      #expect(cast(values, CK_F32, CK_BOOL, as: UInt8.self) == [1, 1, 1, 1, 1, 1, 1])
      #expect(cast([300, -1] as [Int64], CK_I64, CK_U8, as: UInt8.self) == [44, 255])
      #expect(cast([1 << 40, -5] as [Int64], CK_I64, CK_I32, as: Int32.self) == [0, -5])
      #expect(cast([-3, 200] as [Int64], CK_I64, CK_I8, as: Int8.self) == [-3, -56])
      #expect(cast([0, 5] as [Int32], CK_I32, CK_BOOL, as: UInt8.self) == [0, 1])
      #expect(cast([0, 7] as [UInt8], CK_BOOL, CK_F32, as: Float.self) == [0, 1])
      #expect(cast([(1 << 24) + 1, .max] as [Int64], CK_I64, CK_F32, as: Float.self) == [16_777_216, 0x1p63])
      #expect(cast([2049, 2051, 70000] as [Int64], CK_I64, CK_F16, as: UInt16.self) == [0x6800, 0x6802, 0x7C00])
    }

    @Test func longArraysAgreeEveryWay() {
      var numbers = Numbers(6)
      let x = numbers.floats(100_001, scale: 1000)
      let result = everyWay { cast(x, CK_F32, CK_I64, as: Int64.self) }
      #expect(result == x.map { Int64($0) })
      #expect(everyWay { cast(x, CK_F32, CK_F64, as: Double.self).map { Float($0) } } == x)
    }
  }
}
