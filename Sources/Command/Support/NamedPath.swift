import ArgumentParser
import Foundation

/// `NAME=PATH`, or a path, whose last component without its ending is the name.
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
    let last = argument.split(separator: "/").last.map(String.init) ?? argument
    let stem = last.lastIndex(of: ".").map { String(last[..<$0]) } ?? last
    (name, path) = (stem.isEmpty ? last : stem, argument)
    if argument.isEmpty { return nil }
  }
}
