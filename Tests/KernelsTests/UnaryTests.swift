import CKernels
import Glibc
import Testing

extension KernelsTests {
  @Suite struct Unary {
    /// Dense and special arguments.
    static let arguments: [Float] =
      (-2400...2400).map { Float($0) * 0.0083 } + (-525...450).map { Float($0) * 0.2 }
      + [
        0, -0.0, .infinity, -.infinity, .nan, 1e-30, -1e-30, Float.leastNormalMagnitude / 64, 88.7, 88.73, -87.4,
        -103.9, -104.1, 3.9999, 4.0001,
      ]

    static func gelu(_ x: Double) -> Double { x / 2 * erfc(-x / 2.squareRoot()) }
    static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    static func geluTanh(_ x: Double) -> Double {
      x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }

    /// Relative agreement where the result is normal, absolute within `floor` otherwise.
    func expectAccurate(
      _ op: ck_unary_op, ulps: Double, floor: Double = 0, in range: ClosedRange<Float> = -1e38...1e38,
      _ reference: (Double) -> Double
    ) {
      let x = Self.arguments.filter { !$0.isFinite || range.contains($0) }
      let y = everyWay { output(x.count) { ck_unary_f32(op, $0, x, Int64(x.count)) } }
      for (x, y) in zip(x, y) {
        let expected = reference(Double(x))
        let nearest = Float(expected)
        let agrees =
          nearest.isFinite
          ? abs(Double(y) - expected) <= max(ulps * Double(nearest.ulp), floor) : nearest.isNaN ? y.isNaN : y == nearest
        if !agrees { #expect(agrees, "operation \(op.rawValue) at \(x): \(y), expected \(expected)") }
      }
    }

    @Test func elementaryFunctions() {
      expectAccurate(CK_NEG, ulps: 0) { -$0 }
      expectAccurate(CK_ABS, ulps: 0) { abs($0) }
      expectAccurate(CK_SQUARE, ulps: 0.5) { $0 * $0 }
      expectAccurate(CK_SQRT, ulps: 0.5) { $0.squareRoot() }
      expectAccurate(CK_RECIPROCAL, ulps: 0.5) { 1 / $0 }
      expectAccurate(CK_FLOOR, ulps: 0) { $0.rounded(.down) }
      expectAccurate(CK_CEIL, ulps: 0) { $0.rounded(.up) }
      expectAccurate(CK_LOG, ulps: 1) { log($0) }
      expectAccurate(CK_COS, ulps: 0.5) { cos($0) }
      expectAccurate(CK_SIN, ulps: 0.5) { sin($0) }
      expectAccurate(CK_RELU, ulps: 0) { $0 < 0 ? 0 : $0 }
    }

    @Test func transcendentalFunctions() {
      expectAccurate(CK_EXP, ulps: 2) { exp($0) }
      expectAccurate(CK_SIGMOID, ulps: 3, in: -80...80) { Self.sigmoid($0) }
      expectAccurate(CK_TANH, ulps: 3) { tanh($0) }
      expectAccurate(CK_ERF, ulps: 2) { erf($0) }
    }

    @Test func activations() {
      let finite: ClosedRange<Float> = -1e30...1e30
      expectAccurate(CK_GELU, ulps: 3, floor: 5e-7, in: finite) { $0 == -.infinity ? .nan : Self.gelu($0) }
      expectAccurate(CK_GELU_TANH, ulps: 4, floor: 5e-7, in: finite) { $0 == -.infinity ? .nan : Self.geluTanh($0) }
      expectAccurate(CK_QUICK_GELU, ulps: 4, floor: 5e-7, in: finite) {
        $0 == -.infinity ? .nan : $0 * Self.sigmoid(1.702 * $0)
      }
    }

    @Test func gradientsAreSlopes() {
      var numbers = Numbers(5)
      let n = 9000
      let x = numbers.floats(n, scale: 6)
      let dy = numbers.floats(n)
      func slope(_ f: (Double) -> Double, _ x: Float) -> Double { (f(Double(x) + 1e-5) - f(Double(x) - 1e-5)) / 2e-5 }
      func check(_ op: ck_unary_op, _ input: [Float], _ f: (Double) -> Double) {
        let dx = everyWay { output(n) { ck_unary_gradient_f32(op, $0, dy, input, Int64(n)) } }
        expectClose(dx, zip(x, dy).map { slope(f, $0) * Double($1) })
      }
      check(CK_GELU, x, Self.gelu)
      check(CK_GELU_TANH, x, Self.geluTanh)
      check(CK_QUICK_GELU, x) { $0 * Self.sigmoid(1.702 * $0) }
      check(CK_SIGMOID, x.map { Float(Self.sigmoid(Double($0))) }, Self.sigmoid)
      check(CK_TANH, x.map { Float(tanh(Double($0))) }) { tanh($0) }
      let relu = everyWay { output(3) { ck_unary_gradient_f32(CK_RELU, $0, [5, 5, 5], [-1, 0, 1], 3) } }
      #expect(relu == [0, 0, 5])
    }

    @Test func inPlaceIsOutOfPlace() {
      let x = Self.arguments.filter { $0.isFinite }
      let apart = output(x.count) { ck_unary_f32(CK_GELU, $0, x, Int64(x.count)) }
      let inPlace = everyWay {
        var data = x
        data.withUnsafeMutableBufferPointer { ck_unary_f32(CK_GELU, $0.baseAddress, $0.baseAddress, Int64($0.count)) }
        return data
      }
      expectEqual(inPlace, apart)
    }

    @Test func integersAndBooleans() {
      let x: [Int64] = [3, -4, .min, 0]
      #expect(everyWay { output(4, as: Int64.self) { ck_unary_i64(CK_NEG, $0, x, 4) } } == [-3, 4, .min, 0])
      #expect(everyWay { output(4, as: Int64.self) { ck_unary_i64(CK_ABS, $0, x, 4) } } == [3, 4, .min, 0])
      #expect(everyWay { output(2, as: Int32.self) { ck_unary_i32(CK_SQUARE, $0, [-3, 5], 2) } } == [9, 25])
      #expect(everyWay { output(3, as: UInt8.self) { ck_not($0, [0, 1, 7], 3) } } == [1, 0, 0])
      #expect(everyWay { output(3, as: UInt8.self) { ck_is_nan_f32($0, [0, .nan, .infinity], 3) } } == [0, 1, 0])
      let clipped = everyWay { output(4) { ck_clip_f32($0, [-5, 0.5, 9, .nan], 4, -1, 1) } }
      #expect(clipped[..<3] == [-1, 0.5, 1] && clipped[3].isNaN)
      #expect(everyWay { output(3, as: Int64.self) { ck_clip_i64($0, [-5, 0, 9], 3, -1, 1) } } == [-1, 0, 1])
      #expect(everyWay { output(3, as: Int32.self) { ck_clip_i32($0, [-5, 0, 9], 3, -1, 1) } } == [-1, 0, 1])
    }
  }
}
