#if canImport(Glibc)
  import Glibc
#endif

/// A file without a name, which goes with its last user: room for arrays beyond the memory of the machine.
///
/// `append`, then `mapped`.
public final class TemporaryFile {
  private let descriptor: Int32
  private let folder: String
  private var end = 0

  public init(in folder: String) throws(FileError) {
    self.folder = folder
    let stem = (folder.isEmpty ? "." : folder) + "/.clipgraph"
    guard let made = AtomicFile.create(stem, O_RDWR) else { throw AtomicFile.failure(folder, errno) }
    descriptor = made.descriptor
    unlink(made.path)
  }

  deinit { close(descriptor) }

  public func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try AtomicFile.write(bytes, to: descriptor, at: end, path: folder)
    end += bytes.count
  }

  /// The content, read-only.
  public func mapped() throws(FileError) -> Storage { try Storage.mapping(descriptor, folder) }
}
