import CImageCodecs
import Foundation
import Tensors

/// All bytes of a regular file, or those of a range in it: at most `limit`.
///
/// - Throws: `FileError` for what cannot be read, for a file that ends before the range does, and where the memory is refused.
package func readFile(_ path: String, _ range: Range<Int>? = nil, limit: Int = 1 << 30) throws(FileError) -> [UInt8] {
  func failure(_ message: String) -> FileError { FileError(path: path, message: message) }
  // The system would read the name up to the NUL.
  guard !path.utf8.contains(0) else { throw failure("is no path: it holds a NUL") }
  let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard file >= 0 else { throw failure("cannot open the file: \(String(cString: strerror(errno)))") }
  defer { close(file) }
  var facts = stat()
  guard fstat(file, &facts) == 0 else { throw failure("cannot read the file: \(String(cString: strerror(errno)))") }
  guard facts.st_mode & S_IFMT == S_IFREG else { throw failure("it is not a regular file") }
  let whole = Int(facts.st_size)
  let (start, size) = range.map { ($0.lowerBound, $0.count) } ?? (0, whole)
  guard start + size <= whole else {
    throw failure("the file has become shorter: it has \(whole) bytes, of which \(start) to \(start + size) are wanted")
  }
  guard size <= limit else {
    throw failure("\(range == nil ? "the file" : "an entry") has \(size) bytes, more than the limit of \(limit)")
  }
  guard isAvailable(size) else { throw failure("there is no memory for \(size) bytes") }
  var problem: String?
  let bytes = [UInt8](unsafeUninitializedCapacity: size) { out, count in
    while count < size {
      let got = pread(file, out.baseAddress.map { $0 + count }, size - count, off_t(start + count))
      if got < 0 && errno == EINTR { continue }
      if got < 0 { problem = String(cString: strerror(errno)) }
      if got <= 0 { break }
      count += got
    }
  }
  if let problem { throw failure("cannot read the file: \(problem)") }
  return bytes
}

/// Whether the system gives so many bytes: an array that it refuses would end the process.
private func isAvailable(_ size: Int) -> Bool {
  guard size >= 1 << 20 else { return true }
  guard let memory = malloc(size + 64) else { return false }
  free(memory)
  return true
}

/// Unpacks gzip (all members) to at most `limit` bytes.
public func gunzip(_ data: [UInt8], limit: Int) throws(GzipError) -> [UInt8] {
  precondition(limit >= 0 && limit < Int.max, "the limit is out of range")
  var out = ci_bytes()
  let status = ci_gunzip(&out, data, data.count, limit)
  defer { ci_bytes_free(&out) }
  guard status == CI_OK else { throw GzipError(message: message(of: out.message)) }
  return [UInt8](UnsafeBufferPointer(start: out.bytes, count: out.size))
}

/// Why gzip data could not be unpacked.
public struct GzipError: Error, Hashable, Sendable, CustomStringConvertible {
  public var message: String
  public var description: String { message }
}
