import Tensors

/// One regular file inside a tar archive.
public struct TarEntry: Sendable {
  public var name: String
  /// Where its bytes lie in the archive.
  public var range: Range<Int>
}

/// Walks a tar archive (POSIX ustar, pax and GNU long names) over mapped memory.
public struct TarReader: Sendable {
  public let path: String
  public let storage: Storage
  private var offset = 0

  private static let block = 512
  private static let nameLimit = 1 << 16

  public init(contentsOf path: String) throws(DatasetError) {
    self.path = path
    do { storage = try Storage.mapping(path) } catch { throw DatasetError(path, error.message) }
  }

  /// The bytes of an entry, which lie in the mapped file: nothing is copied. They live as long as `storage`.
  func bytes(_ entry: TarEntry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: storage.base + entry.range.lowerBound, count: entry.range.count)
  }

  /// The next regular file, or nil at the end.
  ///
  /// - Throws: `DatasetError` when the archive is truncated or a header is broken; what came before stays good.
  public mutating func next() throws(DatasetError) -> TarEntry? {
    var longName: String?
    while offset + TarReader.block <= storage.count {
      let header = UnsafeRawBufferPointer(start: storage.base + offset, count: TarReader.block)
      if header.allSatisfy({ $0 == 0 }) { return nil }
      guard checksumHolds(header), let size = octal(header, 124, 12) else {
        throw DatasetError(path, "is not a tar archive, or broken at byte \(offset)")
      }
      let start = offset + TarReader.block
      guard size <= storage.count - start else {
        throw DatasetError(path, "is truncated: an entry at byte \(offset) needs \(size) bytes")
      }
      offset = start + (size + TarReader.block - 1) / TarReader.block * TarReader.block
      switch header[156] {
      case UInt8(ascii: "0"), 0:
        return TarEntry(name: longName ?? name(header), range: start..<start + size)
      case UInt8(ascii: "L"):
        longName = text(UnsafeRawBufferPointer(start: storage.base + start, count: min(size, TarReader.nameLimit)))
      case UInt8(ascii: "x"):
        longName = paxPath(UnsafeRawBufferPointer(start: storage.base + start, count: min(size, TarReader.nameLimit)))
      default:
        longName = nil
      }
    }
    if offset < storage.count { throw DatasetError(path, "is truncated after \(storage.count) bytes") }
    return nil
  }

  private func name(_ header: UnsafeRawBufferPointer) -> String {
    let name = text(UnsafeRawBufferPointer(rebasing: header[0..<100]))
    guard text(UnsafeRawBufferPointer(rebasing: header[257..<262])) == "ustar" else { return name }
    let prefix = text(UnsafeRawBufferPointer(rebasing: header[345..<500]))
    return prefix.isEmpty ? name : prefix + "/" + name
  }

  private func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The `path` record of a pax header: lines of `length key=value`.
  private func paxPath(_ bytes: UnsafeRawBufferPointer) -> String? {
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      guard let space = line.firstIndex(of: " ") else { continue }
      let record = line[line.index(after: space)...]
      if record.hasPrefix("path=") { return String(record.dropFirst(5)) }
    }
    return nil
  }

  private func octal(_ header: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int? {
    if header[start] & 0x80 != 0 {  // base 256, for sizes of 8 GiB and more
      var value = Int(header[start] & 0x7F)
      for byte in header[start + 1..<start + count] {
        guard value < 1 << 48 else { return nil }
        value = value << 8 | Int(byte)
      }
      return value
    }
    var value = 0
    for byte in header[start..<start + count] where byte != 0 && byte != UInt8(ascii: " ") {
      guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte) else { return nil }
      value = value << 3 | Int(byte - UInt8(ascii: "0"))
    }
    return value
  }

  private func checksumHolds(_ header: UnsafeRawBufferPointer) -> Bool {
    var sum = 0
    for (index, byte) in header.enumerated() { sum += (148..<156).contains(index) ? 32 : Int(byte) }
    return octal(header, 148, 8) == sum
  }
}
