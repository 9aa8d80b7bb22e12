/// SplitMix64 (Steele, Lea and Flood 2014, Fast Splittable Pseudorandom Number Generators), the same on every machine.
struct BootstrapGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// ⌊next · count / 2⁶⁴⌋, in 0..<count. The probabilities of two indices differ by 2⁻⁶⁴ at most. `count` must be 1 at least.
  mutating func index(below count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }
}
