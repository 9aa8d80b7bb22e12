/// The printable scalar that stands for each byte in a merges file, and the order of the bytes in a vocabulary.
///
/// Bytes 33 ... 126, 161 ... 172 and 174 ... 255 stand for themselves and come first; the others follow in order, as
/// U+0100, U+0101, …
enum ByteSymbols {
  /// Byte of every identifier 0 ..< 256.
  static let bytes: [UInt8] = {
    let printable = (33...126).map(UInt8.init) + (161...172).map(UInt8.init) + (174...255).map(UInt8.init)
    return printable + (0...255).filter { !printable.contains($0) }
  }()

  /// Identifier of every byte.
  static let identifiers: [Int32] = {
    var identifiers = [Int32](repeating: 0, count: 256)
    for (i, byte) in bytes.enumerated() { identifiers[Int(byte)] = Int32(i) }
    return identifiers
  }()

  /// UTF-8 of the printable scalar of every byte.
  static let printable: [[UInt8]] = (0...255).map { byte in
    let identifier = Int(identifiers[byte])
    let scalar = Unicode.Scalar(identifier < 188 ? UInt32(byte) : UInt32(256 + identifier - 188))
    return scalar.map { Array(String(Character($0)).utf8) } ?? []
  }
}
