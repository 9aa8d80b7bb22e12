import CKernels
import Glibc
import Testing

extension KernelsTests {
  @Suite struct Random {
    @Test func uniformFillsItsRange() {
      let n = 20_003
      let x = everyWay { output(n) { ck_random_uniform_f32($0, Int64(n), 42, 0, -2, 3) } }
      #expect(x.allSatisfy { $0 >= -2 && $0 < 3 })
      let mean = x.doubles.reduce(0, +) / Double(n)
      let variance = x.doubles.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(n)
      #expect(abs(mean - 0.5) < 0.04 && abs(variance - 25.0 / 12) < 0.05)
    }

    @Test func normalHasItsMoments() {
      let n = 20_001
      let x = everyWay { output(n) { ck_random_normal_f32($0, Int64(n), 7, 3, 1, 2) } }.doubles
      let mean = x.reduce(0, +) / Double(n)
      let central = x.map { ($0 - mean) / 2 }
      let variance = central.map { $0 * $0 }.reduce(0, +) / Double(n)
      let kurtosis = central.map { pow($0, 4) }.reduce(0, +) / Double(n)
      #expect(abs(mean - 1) < 0.06 && abs(variance - 1) < 0.05 && abs(kurtosis - 3) < 0.3)
    }

    @Test func seedsStreamsAndLengthsAreIndependent() {
      func draw(_ n: Int, _ seed: UInt64, _ stream: UInt64) -> [Float] {
        output(n) { ck_random_uniform_f32($0, Int64(n), seed, stream, 0, 1) }
      }
      #expect(Array(draw(100, 1, 0).prefix(37)) == draw(37, 1, 0))
      #expect(draw(8, 1, 0) != draw(8, 2, 0))
      #expect(draw(8, 1, 0) != draw(8, 1, 1))
      #expect(ck_seed_f32(1) != ck_seed_f32(2))
    }

    /// The known answer of Philox 4×32-10 for a counter and a key of zeros: 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
    @Test func knownAnswer() {
      let words: [UInt32] = [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]
      let x = output(4) { ck_random_uniform_f32($0, 4, 0, 0, 0, 1) }
      #expect(x == words.map { Float($0 >> 8) * 0x1p-24 })
    }
  }
}
