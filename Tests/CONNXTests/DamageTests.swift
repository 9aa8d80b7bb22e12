import CONNX
import Testing

/// Damaged files end in an error or in another model, never in a crash.
@Suite struct DamageTests {
  static func sample() throws -> [UInt8] {
    let weights = (0..<12).map(Float.init)
    return try weights.withUnsafeBytes { raw in
      let arena = Arena()
      return try arena.pack(arena.sample(weights: raw))
    }
  }

  /// Where the fields of the outermost message end: a file cut there is a shorter, well-formed message.
  static func boundaries(of file: [UInt8]) -> Set<Int> {
    var (ends, position): (Set<Int>, Int) = ([], 0)
    func varint() -> Int {
      var (value, shift) = (0, 0)
      while position < file.count {
        let byte = file[position]
        position += 1
        value |= Int(byte & 0x7f) << shift
        shift += 7
        if byte < 0x80 { break }
      }
      return value
    }
    while position < file.count {
      let wireType = varint() & 7
      let value = varint()
      if wireType == 2 { position += value }
      ends.insert(position)
    }
    return ends
  }

  @Test func everyCutIsNoticed() throws {
    let file = try Self.sample()
    let boundaries = Self.boundaries(of: file)
    #expect(boundaries.contains(file.count))
    for length in 0..<file.count {
      let opened = (try? OpenedModel(Array(file[..<length]))) != nil
      #expect(opened == boundaries.contains(length), "cut at \(length)")
    }
  }

  @Test(arguments: 0..<4)
  func flippedBytesNeverCrash(seed: UInt64) throws {
    let file = try Self.sample()
    var random = SplitMix64(state: seed)
    var (opened, refused) = (0, 0)
    for _ in 0..<1500 {
      var damaged = file
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        damaged[Int.random(in: 0..<file.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      do {
        let model = try OpenedModel(damaged)
        opened += 1
        let packed = try model.repacked()
        #expect(try OpenedModel(packed).repacked() == packed)
      } catch let refusal as Refusal {
        refused += 1
        #expect(!refusal.message.isEmpty)
      }
    }
    #expect(opened > 100 && refused > 100)
  }
}

/// Steele, Lea and Flood's generator: the same numbers in every run.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
