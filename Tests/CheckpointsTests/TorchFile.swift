import Foundation

/// A zip archive put together by hand, so that it can lie.
struct ZipFile {
  struct Entry {
    var name: String
    var bytes: [UInt8]
    var method = 0
    var flags = 0
    /// Of the name in the entry's own header, where it differs.
    var localName: String?
    /// Of the sizes and the place in the directory, where they lie.
    var packed: Int?
    var size: Int?
    var offset: Int?
  }

  var entries: [Entry]
  var comment = ""
  /// With Zip64 fields and records, whether they are needed or not.
  var isWide = false
  /// Bytes between an entry's header and its content, so that it is aligned as torch.save aligns it.
  var padding = 0

  /// CRC-32 of IEEE 802.3, which other readers check.
  static func checksum(_ bytes: [UInt8]) -> Int {
    var table = [UInt32](repeating: 0, count: 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : (value >> 1) ^ 0xEDB8_8320 }
      table[byte] = value
    }
    var sum = UInt32.max
    for byte in bytes { sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ (sum >> 8) }
    return Int(~sum)
  }

  static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  var bytes: [UInt8] {
    let little = ZipFile.little
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let place = entry.offset ?? file.count
      let local = Array((entry.localName ?? entry.name).utf8)
      file += [0x50, 0x4B, 3, 4] + little(20, 2) + little(entry.flags, 2) + little(entry.method, 2)
      file += little(0, 4) + little(ZipFile.checksum(entry.bytes), 4)
      file += little(entry.bytes.count, 4) + little(entry.bytes.count, 4) + little(local.count, 2) + little(padding, 2)
      file += local + [UInt8](repeating: 0, count: padding) + entry.bytes
      let (packed, size) = (entry.packed ?? entry.bytes.count, entry.size ?? entry.packed ?? entry.bytes.count)
      let extra = isWide ? little(1, 2) + little(24, 2) + little(size, 8) + little(packed, 8) + little(place, 8) : []
      let all = Int(UInt32.max)
      directory += [0x50, 0x4B, 1, 2] + little(45, 2) + little(45, 2) + little(entry.flags, 2)
      directory +=
        little(entry.method, 2) + little(0, 4) + little(ZipFile.checksum(entry.bytes), 4)
        + little(isWide ? all : packed, 4)
      directory += little(isWide ? all : size, 4) + little(entry.name.utf8.count, 2) + little(extra.count, 2)
      directory += little(0, 2) + little(0, 8) + little(isWide ? all : place, 4) + Array(entry.name.utf8) + extra
    }
    let start = file.count
    file += directory
    if isWide {
      let record = file.count
      file += [0x50, 0x4B, 6, 6] + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8)
      file += little(entries.count, 8) + little(entries.count, 8) + little(directory.count, 8) + little(start, 8)
      file += [0x50, 0x4B, 6, 7] + little(0, 4) + little(record, 8) + little(1, 4)
    }
    let many = isWide ? 0xFFFF : entries.count
    file += [0x50, 0x4B, 5, 6] + little(0, 4) + little(many, 2) + little(many, 2)
    file += little(isWide ? Int(UInt32.max) : directory.count, 4) + little(isWide ? Int(UInt32.max) : start, 4)
    return file + little(comment.utf8.count, 2) + Array(comment.utf8)
  }
}

/// Pieces of pickles.
enum Pickle {
  static func code(_ character: Character) -> [UInt8] { Array(String(character).utf8) }
  static func text(_ text: String) -> [UInt8] { code("X") + ZipFile.little(text.utf8.count, 4) + Array(text.utf8) }
  static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
  static func number(_ value: Int) -> [UInt8] { [0x8A, 8] + ZipFile.little(value, 8) }
  static func tuple(_ items: [[UInt8]]) -> [UInt8] { code("(") + items.flatMap { $0 } + code("t") }
  static func numbers(_ values: [Int]) -> [UInt8] { tuple(values.map(number)) }
  static func call(_ function: [UInt8], _ arguments: [[UInt8]]) -> [UInt8] { function + tuple(arguments) + code("R") }
  static func dictionary(_ items: [(String, [UInt8])]) -> [UInt8] {
    code("}") + code("(") + items.flatMap { text($0.0) + $0.1 } + code("u")
  }

  static func storage(_ key: String = "0", _ type: String = "FloatStorage", count: Int) -> [UInt8] {
    tuple([text("storage"), global("torch", type), text(key), text("cpu"), number(count)]) + code("Q")
  }

  /// A tensor of a storage.
  static func tensor(
    _ key: String = "0", _ type: String = "FloatStorage", count: Int, offset: Int = 0, sizes: [Int], strides: [Int]
  ) -> [UInt8] {
    call(
      global("torch._utils", "_rebuild_tensor_v2"),
      [
        storage(key, type, count: count), number(offset), numbers(sizes), numbers(strides), [0x89],
        call(global("collections", "OrderedDict"), []),
      ])
  }

  /// The whole pickle.
  static func whole(_ value: [UInt8]) -> [UInt8] { [0x80, 2] + value + code(".") }
}

/// What torch.save writes, put together by hand.
enum TorchFile {
  /// Entries of an archive with one storage, of the numbers 0, 1, 2, …
  static func entries(_ value: [UInt8], count: Int = 16, byteorder: String = "little") -> [ZipFile.Entry] {
    let numbers = (0..<count).flatMap { withUnsafeBytes(of: Float($0)) { Array($0) } }
    return [
      .init(name: "archive/data.pkl", bytes: Pickle.whole(value)),
      .init(name: "archive/byteorder", bytes: Array(byteorder.utf8)), .init(name: "archive/data/0", bytes: numbers),
      .init(name: "archive/version", bytes: Array("3\n".utf8)),
    ]
  }

  /// A state_dict with one tensor.
  static func state(
    _ name: String = "visual.proj", _ type: String = "FloatStorage", count: Int = 16, offset: Int = 0, sizes: [Int],
    strides: [Int]
  ) -> [UInt8] {
    Pickle.dictionary([
      (name, Pickle.tensor("0", type, count: count, offset: offset, sizes: sizes, strides: strides))
    ])
  }

  static let sound = state(sizes: [4, 4], strides: [4, 1])
}
