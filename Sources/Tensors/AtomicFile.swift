#if canImport(Glibc)
  import Glibc
#endif

/// A file that is written under a temporary name in its directory and takes its place only when it is complete. Dropped
/// without `commit`, it leaves nothing behind.
///
/// `write`, then `synchronise`, which puts everything on disk, then `commit`.
public final class AtomicFile {
  public let descriptor: Int32
  private var end = 0
  private let path: String
  private let temporaryPath: String
  private var isOpen = true
  private var isPending = true

  public init(_ path: String) throws(FileError) {
    self.path = path
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let name = parts.last.map(String.init) ?? ""
    let directory = parts.dropLast().joined(separator: "/")
    let prefix = parts.count > 1 ? directory + "/" : ""
    guard !name.isEmpty else { throw FileError(path: path, message: "is no file name") }
    var status = stat()
    if stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG {
      let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "no regular file"
      throw FileError(path: path, message: "cannot write: is \(kind)")
    }
    guard let made = AtomicFile.create("\(prefix).\(name)", O_WRONLY) else { throw AtomicFile.failure(path, errno) }
    (descriptor, temporaryPath) = made
  }

  /// A new file whose path begins with `stem`; nil where `errno` says why there is none.
  static func create(_ stem: String, _ access: Int32) -> (descriptor: Int32, path: String)? {
    for _ in 0..<16 {
      let path = "\(stem).\(UInt32.random(in: .min ... .max)).tmp"
      let descriptor = open(path, access | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
      if descriptor >= 0 { return (descriptor, path) }
      if errno != EEXIST { break }
    }
    return nil
  }

  deinit { discard() }

  public static func failure(_ path: String, _ code: Int32) -> FileError {
    let hint = code == ENOSPC || code == EDQUOT ? " (free some space, or write elsewhere)" : ""
    return FileError(path: path, message: "cannot write: \(String(cString: strerror(code)))\(hint)")
  }

  /// Writes bytes at a place; a gap before it is a hole.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    try AtomicFile.write(bytes, to: descriptor, at: offset, path: path)
  }

  static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int, path: String
  ) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(
        descriptor, bytes.baseAddress.map { $0 + done }, min(bytes.count - done, 1 << 30), off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw AtomicFile.failure(path, count < 0 ? errno : EIO) }
      done += count
    }
  }

  /// Appends bytes to what was appended before.
  public func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try write(bytes, at: end)
    end += bytes.count
  }

  public func append(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { raw throws(FileError) in try append(UnsafeRawBufferPointer(raw)) }
  }

  public func truncate(to size: Int) throws(FileError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw AtomicFile.failure(path, errno) }
  }

  /// Puts everything on disk, so that what can fail has happened before the file takes its place.
  public func synchronise() throws(FileError) {
    guard fsync(descriptor) == 0 else { throw AtomicFile.failure(path, errno) }
    isOpen = false
    guard close(descriptor) == 0 else { throw AtomicFile.failure(path, errno) }
  }

  public func commit() throws(FileError) {
    guard rename(temporaryPath, path) == 0 else { throw AtomicFile.failure(path, errno) }
    isPending = false
  }

  private func discard() {
    if isOpen { close(descriptor) }
    if isPending { unlink(temporaryPath) }
    isOpen = false
    isPending = false
  }

  /// Writes a whole file at once.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let file = try AtomicFile(path)
    try file.append(bytes)
    try file.synchronise()
    try file.commit()
  }
}
