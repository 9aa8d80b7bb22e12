import Preprocessing
import Tensors

/// A file, or a stretch of one, whose bytes are read when they are wanted.
public struct FilePart: Hashable, Sendable {
  public var path: String
  /// Where its bytes lie; nil for the whole file.
  public var range: Range<Int>?

  public init(path: String, range: Range<Int>? = nil) { (self.path, self.range) = (path, range) }

  /// - Parameter limit: the most bytes that are taken.
  /// - Throws: `DatasetError` for a file that cannot be read, has become shorter, or has more bytes than the limit.
  public func bytes(limit: Int) throws(DatasetError) -> [UInt8] {
    do { return try readFile(path, range, limit: limit) } catch { throw DatasetError(path, error.message) }
  }
}
