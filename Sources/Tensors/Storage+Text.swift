#if canImport(Glibc)
  import Glibc
#endif

extension Storage {
  /// The text of a regular file, without a byte order mark; bytes that are no UTF-8 become U+FFFD.
  ///
  /// - Throws: `FileError` for a file that cannot be read, has more than `limit` bytes or more than memory holds, or holds a
  ///   NUL, as UTF-16 does and what is no text at all.
  public static func text(_ path: String, limit: Int = 1 << 33) throws(FileError) -> String {
    let file = try mapping(path)
    guard file.count <= limit else {
      throw FileError(path: path, message: "has \(file.count) bytes, more than the limit of \(limit); split it")
    }
    guard memchr(file.base, 0, file.count) == nil else {
      throw FileError(path: path, message: "is no text in UTF-8: it holds a NUL")
    }
    // A String that finds no memory ends the process.
    guard let room = malloc(2 * file.count + 1) else {
      throw FileError(path: path, message: "has \(file.count) bytes, more than memory holds; split it")
    }
    free(room)
    let bytes = UnsafeRawBufferPointer(start: file.base, count: file.count)
    return String(decoding: bytes.dropFirst(bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0), as: UTF8.self)
  }
}
