#if canImport(Glibc)
  import Glibc
#endif

/// A block of raw memory with one owner: the heap, or a mapped file.
///
/// Readers share it freely; writers hold it alone (a fresh array that nobody else has seen, or a session's state under the
/// session's own lock).
public final class Storage: @unchecked Sendable {
  public let base: UnsafeMutableRawPointer
  public let count: Int
  /// Whether the memory is a file's, mapped read-only.
  private let isFile: Bool
  private let release: @Sendable (UnsafeMutableRawPointer, Int) -> Void

  /// Adopts memory that `release` gives back.
  public convenience init(
    adopting base: UnsafeMutableRawPointer, count: Int,
    release: @escaping @Sendable (UnsafeMutableRawPointer, Int) -> Void
  ) {
    self.init(base, count, isFile: false, release)
  }

  init(
    _ base: UnsafeMutableRawPointer, _ count: Int, isFile: Bool,
    _ release: @escaping @Sendable (UnsafeMutableRawPointer, Int) -> Void
  ) {
    (self.base, self.count, self.isFile, self.release) = (base, count, isFile, release)
  }

  /// Lets the pages inside a range of a mapped file go: the kernel reads them again where they are needed. Other memory
  /// stays as it is.
  public func releasePages(_ range: Range<Int>) {
    guard isFile else { return }
    let page = 4096
    let first = (range.lowerBound + page - 1) / page * page
    let last = range.upperBound == count ? count : range.upperBound / page * page
    if first < last { madvise(base + first, last - first, MADV_DONTNEED) }
  }

  /// Asks for the pages inside a range of a mapped file, all at once. Other memory stays as it is.
  public func fetchPages(_ range: Range<Int>) {
    guard isFile, !range.isEmpty else { return }
    let first = range.lowerBound / 4096 * 4096
    madvise(base + first, range.upperBound - first, Storage.populate)
  }

  /// `MADV_POPULATE_READ`; kernels that do not know it change nothing.
  private static let populate: Int32 = 22

  /// Memory that holds anything, aligned to 64 bytes, of large pages where it is large.
  ///
  /// - Throws: `ShapeError` where the system refuses it.
  public static func uninitialized(byteCount: Int) throws(ShapeError) -> Storage {
    precondition(byteCount >= 0, "a storage has no negative size")
    guard byteCount >= 1 << 20 else {
      let base = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 64), alignment: 64)
      return Storage(adopting: base, count: byteCount) { pointer, _ in pointer.deallocate() }
    }
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED else {
      throw ShapeError("\(byteCount) bytes were refused: \(String(cString: strerror(errno)))")
    }
    madvise(base, byteCount, MADV_HUGEPAGE)
    return Storage(adopting: base, count: byteCount) { munmap($0, $1) }
  }

  /// Zeros that take no memory until they are written, aligned to a page.
  ///
  /// - Throws: `ShapeError` where the system refuses it.
  public static func zeroed(byteCount: Int) throws(ShapeError) -> Storage {
    precondition(byteCount >= 0, "a storage has no negative size")
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard let base = mmap(nil, max(byteCount, 1), PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED else {
      throw ShapeError("\(byteCount) bytes were refused: \(String(cString: strerror(errno)))")
    }
    madvise(base, max(byteCount, 1), MADV_NOHUGEPAGE)
    return Storage(adopting: base, count: byteCount) { munmap($0, max($1, 1)) }
  }

  /// Zeroed heap memory, aligned to 64 bytes.
  public convenience init(byteCount: Int) {
    precondition(byteCount >= 0, "a storage has no negative size")
    let base = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 64), alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: max(byteCount, 64))
    self.init(adopting: base, count: byteCount) { pointer, _ in pointer.deallocate() }
  }

  deinit { release(base, count) }
}

/// A file that could not be read, written or mapped.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  public let path: String
  public let message: String
  public init(path: String, message: String) {
    self.path = path
    self.message = message
  }
  public var description: String { "\(path): \(message)" }
}

extension Storage {
  /// Maps a regular file read-only. The pages are the kernel's: nothing is read until it is used.
  public static func mapping(_ path: String) throws(FileError) -> Storage {
    func failure(_ what: String) -> FileError {
      FileError(path: path, message: "\(what): \(String(cString: strerror(errno)))")
    }
    // The system would read the name up to the NUL.
    guard !path.utf8.contains(0) else { throw FileError(path: path, message: "is no path: it holds a NUL") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure("cannot open") }
    defer { close(descriptor) }
    return try mapping(descriptor, path)
  }

  /// Maps what an open descriptor refers to, which may be closed then.
  public static func mapping(_ descriptor: Int32, _ path: String) throws(FileError) -> Storage {
    func failure(_ what: String) -> FileError {
      FileError(path: path, message: "\(what): \(String(cString: strerror(errno)))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("cannot read") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(path: path, message: "is not a regular file") }
    let size = Int(status.st_size)
    guard size > 0 else { return Storage(byteCount: 0) }
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      throw failure("cannot map")
    }
    return Storage(base, size, isFile: true) { munmap($0, $1) }
  }
}
