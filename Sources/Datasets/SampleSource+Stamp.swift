import Foundation

extension SampleSource {
  /// What tells the pictures of a part from others: the paths, sizes and times of change of their files.
  public func stamp(part: Int) -> String {
    pictureFiles(part: part).map { path in
      var status = stat()
      guard stat(path, &status) == 0 else { return path }
      return "\(path) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }.joined(separator: "\n")
  }
}
