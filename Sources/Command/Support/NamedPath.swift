import ArgumentParser
import Foundation

/// `NAME=PATH`, or a path, whose last component, without the ending of a file of data, is the name.
struct NamedPath: ExpressibleByArgument, Hashable {
  var name: String
  var path: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2, !parts[0].contains("/"), !FileManager.default.fileExists(atPath: argument) {
      guard !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
      (name, path) = (parts[0], parts[1])
      return
    }
    guard let last = argument.split(separator: "/").last.map(String.init) else { return nil }
    let dot = last.lastIndex(of: ".")
    let isFile = dot.map { NamedPath.endings.contains(last[last.index(after: $0)...].lowercased()) } ?? false
    (name, path) = (isFile ? String(last[..<(dot ?? last.endIndex)]) : last, argument)
  }

  private static let endings: Set<String> = ["tar", "csv", "tsv", "jsonl", "ndjson"]
}
