import Foundation
import Tensors

/// A list of labels, as `--labels` takes it.
enum Labels {
  private static let largestFile = 1 << 25

  /// `a,b,c`, or a file with one label a line.
  static func read(_ argument: String) throws -> [String] {
    var isDirectory: ObjCBool = false
    let isFile = FileManager.default.fileExists(atPath: argument, isDirectory: &isDirectory) && !isDirectory.boolValue
    guard isFile else { return clean(argument.split(separator: ",")) }
    let labels = clean(try Storage.text(argument, limit: largestFile).split(whereSeparator: \.isNewline))
    if labels.isEmpty { throw Failure(argument, "holds no label; write one on each line") }
    return labels
  }

  private static func clean(_ parts: [Substring]) -> [String] {
    parts.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  /// - Throws: `Failure` unless there are two labels or more to choose from.
  static func requireChoice(_ labels: [String]) throws(Failure) {
    if labels.count < 2 {
      throw Failure(
        "--labels",
        "has \(labels.count == 1 ? "only “\(labels[0])”" : "no label"): the probabilities of all labels sum to one, so a single "
          + "label always has probability 1; name two or more, separated by commas")
    }
  }
}
