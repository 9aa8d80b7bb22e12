import Foundation
import Tensors

/// Outputs are looked at before the work begins: an hour of training must not end at a path that cannot be written.
enum OutputFile {
  /// - Throws: `Failure` when no file can be written at `path`. What lies there stays as it is.
  static func check(_ path: String) throws(Failure) {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      throw Failure(path, "is a folder; name a file in it")
    }
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw Failure(path, "is a device or a pipe, which cannot be replaced as a whole; name a file")
    }
    if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      let folder = String(path[..<slash])
      guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory) else {
        throw Failure(path, "its folder does not exist; make it first: mkdir -p \(folder)")
      }
      guard isDirectory.boolValue else { throw Failure(path, "\(folder) is a file, not a folder; name another place") }
    }
    do { _ = try AtomicFile(path) } catch {
      throw Failure(path, "\(error.message); name another place, or change its permissions")
    }
  }
}
