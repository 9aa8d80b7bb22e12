import Tensors

/// Writes a tar archive (POSIX ustar). Nothing appears under the name until `finish`.
public final class TarWriter {
  private let file: AtomicFile
  private let path: String

  public init(_ path: String) throws(DatasetError) {
    self.path = path
    do { file = try AtomicFile(path) } catch { throw DatasetError(path, error.message) }
  }

  /// Adds a file. `name` has at most 100 bytes.
  public func add(_ name: String, _ bytes: [UInt8]) throws(DatasetError) {
    precondition(name.utf8.count <= 100, "a name in a shard has at most 100 bytes")
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at start: Int) {
      for (index, byte) in text.utf8.enumerated() { header[start + index] = byte }
    }
    func octal(_ value: Int, _ digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    put(name, at: 0)
    put(octal(0o644, 7), at: 100)
    put(octal(0, 7), at: 108)
    put(octal(0, 7), at: 116)
    put(octal(bytes.count, 11), at: 124)
    put(octal(0, 11), at: 136)
    put("        ", at: 148)
    put("0", at: 156)
    put("ustar", at: 257)
    put("00", at: 263)
    put(octal(header.reduce(0) { $0 + Int($1) }, 6), at: 148)
    header[154] = 0
    try write(header)
    try write(bytes)
    try write([UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512))
  }

  public func finish() throws(DatasetError) {
    try write([UInt8](repeating: 0, count: 1024))
    do {
      try file.synchronise()
      try file.commit()
    } catch { throw DatasetError(path, error.message) }
  }

  private func write(_ bytes: [UInt8]) throws(DatasetError) {
    do { try file.append(bytes) } catch { throw DatasetError(path, error.message) }
  }
}
