import Foundation
import Synchronization

/// Standard output, with the errors that `print` swallows: a full disk or a closed pipe is a failure.
enum StandardOutput {
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  private static let limit = 1 << 15
  private static let buffer = Mutex<[UInt8]>([])

  /// Writes a line; `flushing` it, when a partner process waits for it.
  static func line(_ text: String, flushing: Bool = false) throws(Failure) {
    try write(text + "\n")
    if flushing { try flush() }
  }

  static func write(_ text: String) throws(Failure) {
    let isFull = buffer.withLock { buffer in
      buffer.append(contentsOf: text.utf8)
      return buffer.count >= limit
    }
    if isFull || isTerminal { try flush() }
  }

  static func flush() throws(Failure) {
    let pending = buffer.withLock { buffer in
      let pending = buffer
      buffer.removeAll(keepingCapacity: true)
      return pending
    }
    guard writeAll(pending, to: STDOUT_FILENO) else {
      throw Failure(
        "standard output", "cannot be written: \(String(cString: strerror(errno))); make room or write elsewhere")
    }
  }

  /// `value` as one line of JSON with sorted keys.
  static func json(_ value: some Encodable) throws(Failure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(value) else { throw Failure("standard output", "the result is not JSON") }
    try line(String(decoding: data, as: UTF8.self), flushing: true)
  }
}

/// Standard error: diagnostics and progress.
enum StandardError {
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  static func write(_ text: String) { _ = writeAll(Array(text.utf8), to: STDERR_FILENO) }

  static func line(_ text: String) { write(text + "\n") }
}

/// Writes all bytes; false, with `errno` set, when that is not possible.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  bytes.withUnsafeBytes { raw in
    var done = 0
    while done < raw.count, let base = raw.baseAddress {
      let count = write(descriptor, base + done, raw.count - done)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return false }
      done += count
    }
    return true
  }
}
