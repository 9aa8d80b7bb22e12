/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers for the same seed on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  /// What the numbers to come depend on.
  public private(set) var state: UInt64

  /// Seeds are scattered first: sequences of neighbouring seeds must not be shifted copies of one another.
  public init(seed: UInt64) { state = SeededGenerator.scattered(seed &+ 0xD1B5_4A32_D192_ED03) }

  /// Goes on where a generator with this state stands.
  public init(state: UInt64) { self.state = state }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return SeededGenerator.scattered(state)
  }

  private static func scattered(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in [0, 1).
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in [low, high).
  public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + uniform() * (high - low) }

  /// Uniform in 0..<count.
  public mutating func index(_ count: Int) -> Int { Int(next() % UInt64(max(count, 1))) }

  public mutating func element<T>(of list: [T]) -> T { list[index(list.count)] }
}
