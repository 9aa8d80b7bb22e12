import Foundation
import Tensors

/// `metrics.jsonl`: a JSON object a line, written as it comes, so that whoever follows the file sees every step.
public final class MetricsLog {
  private let path: String
  private let handle: FileHandle
  private let encoder = JSONEncoder()
  private static let largestFile = 1 << 30

  /// - Parameter step: where the run goes on. Earlier lines of the file stay, later ones go: they are of steps that are taken
  ///   again. At 0 the file starts anew.
  public init(_ path: String, from step: Int = 0) throws(TrainingError) {
    self.path = path
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      let kept = step > 0 ? try MetricsLog.lines(of: path, upTo: step) : []
      try Data(kept.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try handle.seekToEnd()
    } catch {
      throw TrainingError(.log, at: path, "cannot be written (\(error.localizedDescription)); name another place")
    }
  }

  deinit { try? handle.close() }

  public func write(_ metrics: TrainingMetrics) throws(TrainingError) {
    do {
      try handle.write(contentsOf: try encoder.encode(metrics) + Data("\n".utf8))
    } catch {
      throw TrainingError(.log, at: path, "cannot be written: \(error.localizedDescription)")
    }
  }

  /// Lines of steps up to `step`; none where there is no file.
  private static func lines(of path: String, upTo step: Int) throws -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    return try Storage.text(path, limit: largestFile).split(separator: "\n").map(String.init).filter { line in
      (try? JSONDecoder().decode(TrainingMetrics.self, from: Data(line.utf8))).map { $0.step <= step } ?? false
    }
  }

  /// All lines of a file.
  ///
  /// - Throws: `TrainingError` for a file that cannot be read, and a line that is no such object. A last line without an end
  ///   is left out: the writer has not finished it.
  public static func read(_ path: String) throws(TrainingError) -> [TrainingMetrics] {
    let text: String
    do { text = try Storage.text(path, limit: largestFile) } catch {
      throw TrainingError(.log, at: path, "cannot be read: \(error.message)")
    }
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
    if text.utf8.last != UInt8(ascii: "\n"), !lines.isEmpty { lines.removeLast() }
    var result: [TrainingMetrics] = []
    for (index, line) in lines.enumerated() {
      guard let metrics = try? JSONDecoder().decode(TrainingMetrics.self, from: Data(line)) else {
        throw TrainingError(
          .log, at: "\(path): line \(index + 1)", "is no metrics: a JSON object with \"step\" and numbers is wanted")
      }
      result.append(metrics)
    }
    return result
  }
}
