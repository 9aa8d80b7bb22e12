#if canImport(Glibc)
  import Glibc
#endif

/// Scratch memory of a session: grows to the largest program, and can be given back. Used on the executor's thread only.
final class Arena {
  private(set) var base: UnsafeMutableRawPointer?
  private(set) var byteCount = 0
  /// Counts moves: pointers into the arena hold as long as it stays.
  private(set) var generation = 0

  /// Makes room for `wanted` bytes. What the arena held is lost when it grows.
  func reserve(_ wanted: Int) throws(RuntimeError) {
    if wanted <= byteCount && base != nil { return }
    release()
    let size = max(wanted, 4096)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED else {
      throw RuntimeError(.memory, at: "arena", "\(size) bytes were refused: \(String(cString: strerror(errno)))")
    }
    madvise(base, size, MADV_HUGEPAGE)
    (self.base, byteCount) = (base, size)
  }

  func release() {
    guard let base else { return }
    munmap(base, byteCount)
    (self.base, byteCount) = (nil, 0)
    generation += 1
  }

  deinit { release() }
}
