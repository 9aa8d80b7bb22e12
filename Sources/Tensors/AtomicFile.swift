#if canImport(Glibc)
  import Glibc
#endif

/// A file that appears whole or not at all: written under a temporary name in the same folder, synced, then renamed.
///
/// `commit` makes it appear; letting go of an uncommitted one removes what was written.
public final class AtomicFile {
  public let path: String
  private let temporary: String
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private var committed = false

  public init(_ path: String) throws(FileError) {
    self.path = path
    temporary = path + ".\(getpid()).tmp"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw AtomicFile.failure(path, "cannot write") }
    buffer.reserveCapacity(1 << 16)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if !committed { unlink(temporary) }
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    if buffer.count + bytes.count <= 1 << 16 {
      buffer.append(contentsOf: bytes)
      return
    }
    try flush()
    try writeThrough(bytes)
  }

  public func write(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { raw throws(FileError) in try write(UnsafeRawBufferPointer(raw)) }
  }

  public func write(_ text: String) throws(FileError) { try write(Array(text.utf8)) }

  /// Syncs and renames: the file is there, whole, under its name.
  public func commit() throws(FileError) {
    try flush()
    guard fsync(descriptor) == 0 else { throw AtomicFile.failure(path, "cannot be written to disk") }
    close(descriptor)
    descriptor = -1
    guard rename(temporary, path) == 0 else { throw AtomicFile.failure(path, "cannot be put in place") }
    committed = true
  }

  private func flush() throws(FileError) {
    let pending = buffer
    buffer.removeAll(keepingCapacity: true)
    try pending.withUnsafeBufferPointer { raw throws(FileError) in try writeThrough(UnsafeRawBufferPointer(raw)) }
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var done = 0
    while done < bytes.count {
      guard let base = bytes.baseAddress else { return }
      let count = Glibc.write(descriptor, base + done, bytes.count - done)
      if count < 0 {
        if errno == EINTR { continue }
        throw AtomicFile.failure(path, "cannot be written")
      }
      done += count
    }
  }

  private static func failure(_ path: String, _ what: String) -> FileError {
    FileError(path: path, message: "\(what): \(String(cString: strerror(errno)))")
  }

  /// Writes a whole file at once.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let file = try AtomicFile(path)
    try file.write(bytes)
    try file.commit()
  }
}
