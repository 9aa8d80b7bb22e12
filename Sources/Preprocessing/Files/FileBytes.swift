import CImageCodecs
import Foundation

/// Why a file could not be read.
struct FileError: Error {
  var message: String
}

/// All bytes of a file of at most `limit` bytes.
func readFile(_ path: String, limit: Int = 1 << 30) throws(FileError) -> [UInt8] {
  let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard file >= 0 else { throw FileError(message: "cannot open the file: \(String(cString: strerror(errno)))") }
  defer { close(file) }
  var facts = stat()
  guard fstat(file, &facts) == 0 else {
    throw FileError(message: "cannot read the file: \(String(cString: strerror(errno)))")
  }
  guard facts.st_mode & S_IFMT == S_IFREG else { throw FileError(message: "it is not a regular file") }
  let size = Int(facts.st_size)
  guard size <= limit else { throw FileError(message: "the file has \(size) bytes, more than the limit of \(limit)") }
  var failure: String?
  let bytes = [UInt8](unsafeUninitializedCapacity: size) { out, count in
    while count < size {
      let got = read(file, out.baseAddress.map { $0 + count }, size - count)
      if got < 0 && errno == EINTR { continue }
      if got < 0 { failure = String(cString: strerror(errno)) }
      if got <= 0 { break }
      count += got
    }
  }
  if let failure { throw FileError(message: "cannot read the file: \(failure)") }
  return bytes
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
