import Foundation

/// The files of this package, as the tests of its layout see them.
enum Repository {
  /// The package's root folder.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Every file that belongs to the package, as paths relative to the root, sorted: what git tracks or would track where
  /// there is a `.git`, otherwise everything but hidden entries.
  static let files: [String] = (trackedFiles() ?? visibleFiles()).sorted()

  /// The text of a file, or nil where it is not UTF-8.
  static func text(of path: String) -> String? {
    guard let data = try? Data(contentsOf: root.appending(path: path)) else { return nil }
    return String(data: data, encoding: .utf8)
  }

  /// The lines of a file; a final newline ends the last line and begins no other.
  static func lines(of path: String) -> [Substring] {
    guard let text = text(of: path) else { return [] }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.last == "" ? lines.dropLast() : lines
  }

  /// The files under any of the folders whose name ends in one of the suffixes.
  static func files(under folders: [String], suffixes: [String]) -> [String] {
    files.filter { file in
      folders.contains { file.hasPrefix($0 + "/") } && suffixes.contains { file.hasSuffix($0) }
    }
  }

  private static func trackedFiles() -> [String]? {
    guard FileManager.default.fileExists(atPath: root.appending(path: ".git").path) else { return nil }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "git", "-C", root.path, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate",
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0, let text = String(data: data, encoding: .utf8) else { return nil }
    return text.split(separator: "\0").map(String.init)
      .filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path) }
  }

  private static func visibleFiles() -> [String] {
    let walk = FileManager.default.enumerator(
      at: root, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
    return (walk?.compactMap { $0 as? URL } ?? [])
      .filter { (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true }
      .map { String($0.path.dropFirst(root.path.count)).trimmingPrefix("/") }
      .map(String.init)
  }
}
