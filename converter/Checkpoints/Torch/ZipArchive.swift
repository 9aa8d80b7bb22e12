import Tensors

/// The table of contents of a zip archive, Zip64 included. Entries are views of the mapped file: they can be read where they
/// are stored without compression.
///
/// Source: PKWARE, APPNOTE.TXT 6.3.10, 4.3 and 4.5.3.
struct ZipArchive {
  struct Entry {
    /// Of the bytes as they lie in the file.
    var range: Range<Int>
    var isStored: Bool
    var isEncrypted: Bool
  }

  private(set) var entries: [String: Entry] = [:]
  private let storage: Storage
  private let path: String

  private static let mostEntries = 1 << 18
  private static let endSize = 22

  /// Whether a file begins as an archive with entries does. The length of a safetensors header may look the same, but a brace
  /// follows it.
  static func isOne(_ storage: Storage) -> Bool {
    let bytes = UnsafeRawBufferPointer(start: storage.base, count: storage.count)
    return bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) && !(bytes.count > 8 && bytes[8] == 0x7B)
  }

  /// - Throws: `FileError` for archives that are cut off, or whose entries overlap, leave the file, or share a name.
  init(_ storage: Storage, path: String) throws(FileError) {
    (self.storage, self.path) = (storage, path)
    var (count, size, start, end) = try directory()
    guard count <= ZipArchive.mostEntries else { throw failure("has \(count) entries, more than are read") }
    guard size >= 0, start >= 0, size <= end, start == end - size else {
      throw failure("is a damaged zip archive: its directory does not lie before its end")
    }
    end = start
    var spans: [(range: Range<Int>, name: String)] = []
    for _ in 0..<count { spans.append(try readEntry(at: &start, directory: end)) }
    spans.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (one, other) in zip(spans, spans.dropFirst()) where one.range.upperBound > other.range.lowerBound {
      throw failure("is a damaged zip archive: its entries \(one.name) and \(other.name) overlap")
    }
  }

  private func failure(_ message: String) -> FileError { FileError(path: path, message: message) }

  /// The bytes of an entry.
  func bytes(of name: String) throws(FileError) -> Range<Int>? {
    guard let entry = entries[name] else { return nil }
    guard !entry.isEncrypted else { throw failure("its entry \(name) is encrypted") }
    guard entry.isStored else {
      throw failure(
        "its entry \(name) is compressed; torch.save stores entries: unpack it and pack it again with 'zip -0'")
    }
    return entry.range
  }

  // MARK: Reading

  private func integer<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type, at place: Int) throws(FileError)
    -> Int
  {
    guard place >= 0, place <= storage.count - MemoryLayout<Bits>.size else {
      throw failure("is a truncated zip archive; fetch it again")
    }
    return Int(exactly: Bits(littleEndian: storage.base.loadUnaligned(fromByteOffset: place, as: Bits.self))) ?? .max
  }

  private func has(_ signature: Int, at place: Int) -> Bool {
    (try? integer(UInt32.self, at: place)) == signature
  }

  /// Number of entries, size and place of the directory, and where what follows it begins.
  private func directory() throws(FileError) -> (count: Int, size: Int, start: Int, end: Int) {
    // Behind the end lies a comment of up to 65535 bytes.
    let last = storage.count - ZipArchive.endSize
    let bytes = UnsafeRawBufferPointer(start: storage.base, count: storage.count)
    let places = stride(from: last, through: max(0, last - 0xFFFF), by: -1)
    let found = places.first { place in
      bytes[place] == 0x50 && has(0x0605_4B50, at: place) && (try? integer(UInt16.self, at: place + 20)) == last - place
    }
    guard let end = found else { throw failure("is a truncated zip archive: its end is missing; fetch it again") }
    let locator = end - 20
    if has(0x0706_4B50, at: locator) {
      let record = try integer(UInt64.self, at: locator + 8)
      guard record >= 0, record <= locator - 56, has(0x0606_4B50, at: record) else {
        throw failure("is a damaged zip archive: its Zip64 record is not where it should be")
      }
      return (
        try integer(UInt64.self, at: record + 32), try integer(UInt64.self, at: record + 40),
        try integer(UInt64.self, at: record + 48), record
      )
    }
    guard try integer(UInt16.self, at: end + 4) == 0, try integer(UInt16.self, at: end + 6) == 0 else {
      throw failure("is one part of a zip archive in several files")
    }
    return (
      try integer(UInt16.self, at: end + 10), try integer(UInt32.self, at: end + 12),
      try integer(UInt32.self, at: end + 16), end
    )
  }

  /// Reads the directory's entry at `place`, which moves to the next, and the entry's own header.
  private mutating func readEntry(
    at place: inout Int, directory: Int
  ) throws(FileError) -> (range: Range<Int>, name: String) {
    let header = place
    guard has(0x0201_4B50, at: header) else { throw failure("is a damaged zip archive: its directory is cut off") }
    let (flags, method) = (try integer(UInt16.self, at: header + 8), try integer(UInt16.self, at: header + 10))
    var packed = try integer(UInt32.self, at: header + 20)
    var size = try integer(UInt32.self, at: header + 24)
    var local = try integer(UInt32.self, at: header + 42)
    let nameEnd = header + 46 + (try integer(UInt16.self, at: header + 28))
    let extraEnd = nameEnd + (try integer(UInt16.self, at: header + 30))
    place = extraEnd + (try integer(UInt16.self, at: header + 32))
    guard place <= storage.count else { throw failure("is a damaged zip archive: its directory is cut off") }
    let name = try name(header + 46..<nameEnd)

    // Zip64: what does not fit is replaced in this order.
    for field in extraFields(nameEnd..<extraEnd) where field.identifier == 1 {
      var next = field.range.lowerBound
      func wide(_ value: inout Int) throws(FileError) {
        guard value == Int(UInt32.max) else { return }
        guard next + 8 <= field.range.upperBound else {
          throw failure("is a damaged zip archive: the sizes of \(name) are cut off")
        }
        value = try integer(UInt64.self, at: next)
        next += 8
      }
      try wide(&size)
      try wide(&packed)
      try wide(&local)
    }
    guard local <= directory - 30, has(0x0403_4B50, at: local) else {
      throw failure("is a damaged zip archive: the place of \(name) holds no entry")
    }
    let localNameEnd = local + 30 + (try integer(UInt16.self, at: local + 26))
    let start = localNameEnd + (try integer(UInt16.self, at: local + 28))
    guard start <= directory, packed <= directory - start else {
      throw failure("is a damaged zip archive: \(name) does not lie inside the file")
    }
    guard try self.name(local + 30..<localNameEnd) == name else {
      throw failure("is a damaged zip archive: \(name) has another name where it lies")
    }
    guard method != 0 || packed == size else {
      throw failure("is a damaged zip archive: \(name) is stored, but has two sizes")
    }
    let entry = Entry(range: start..<start + packed, isStored: method == 0, isEncrypted: flags & 1 != 0)
    guard entries.updateValue(entry, forKey: name) == nil else {
      throw failure("is a damaged zip archive: it has two entries \(name)")
    }
    return (local..<start + packed, name)
  }

  private func name(_ range: Range<Int>) throws(FileError) -> String {
    guard range.upperBound <= storage.count else { throw failure("is a truncated zip archive; fetch it again") }
    let bytes = UnsafeRawBufferPointer(start: storage.base + range.lowerBound, count: range.count)
    guard !bytes.contains(0), let name = String(validating: bytes, as: UTF8.self) else {
      throw failure("is a damaged zip archive: the name of an entry is no text")
    }
    return name
  }

  private func extraFields(_ range: Range<Int>) -> [(identifier: Int, range: Range<Int>)] {
    var fields: [(identifier: Int, range: Range<Int>)] = []
    var place = range.lowerBound
    while place + 4 <= range.upperBound,
      let identifier = try? integer(UInt16.self, at: place), let size = try? integer(UInt16.self, at: place + 2),
      place + 4 + size <= range.upperBound
    {
      fields.append((identifier, place + 4..<place + 4 + size))
      place += 4 + size
    }
    return fields
  }
}
