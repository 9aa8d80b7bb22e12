/// A digest of 128 bits, the same on every machine. It tells contents apart; it does not withstand forgery.
struct Digest {
  private var low: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var high: UInt64 = 0xC2B2_AE3D_27D4_EB4F

  /// Mixes in bytes and their number.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let whole = bytes.count & ~15
    for place in stride(from: 0, to: whole, by: 16) {
      mix(
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)),
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)))
    }
    var rest: (UInt64, UInt64) = (0, 0)
    for (place, byte) in bytes[whole...].enumerated() {
      if place < 8 { rest.0 |= UInt64(byte) << (8 * place) } else { rest.1 |= UInt64(byte) << (8 * place - 64) }
    }
    mix(rest.0, rest.1)
    mix(UInt64(bytes.count), ~UInt64(bytes.count))
  }

  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  private mutating func mix(_ a: UInt64, _ b: UInt64) {
    low = (low ^ a) &* 0x9FB2_1C65_1E98_DF25
    low ^= low >> 32
    high = (high ^ b) &* 0xD6E8_FEB8_6659_FD93
    high ^= high >> 29
  }

  /// 32 hexadecimal digits.
  var text: String {
    [low &+ (high << 1 | high >> 63), high ^ (low &* 0x9E37_79B9_7F4A_7C15)]
      .map { word in
        let digits = String(word ^ (word >> 31), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
      }.joined()
  }
}
