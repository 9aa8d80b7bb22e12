import ArgumentParser
import Foundation

/// What a command could not do: where, what is wrong, and how to mend it.
struct Failure: Error, CustomStringConvertible {
  var place: String
  var message: String

  init(_ place: String, _ message: String) {
    self.place = place
    self.message = message
  }

  var description: String { "\(place): \(message)" }

  /// Ends the process: 1 and one line on stderr for whatever failed, ArgumentParser's code and words for wrong usage.
  static func exit(_ error: any Error) -> Never {
    // What was printed before the failure is part of the answer.
    try? StandardOutput.flush()
    if ClipGraphCommand.exitCode(for: error) != .failure { ClipGraphCommand.exit(withError: error) }
    StandardError.write("clipgraph: " + line(of: error) + "\n")
    Foundation.exit(1)
  }

  /// The words of an error on one line, whatever a file put into them.
  static func line(of error: any Error) -> String { line("\(error)") }

  static func line(_ text: String) -> String {
    let lines = shortened(text).split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    let more = lines.count > 3 ? "; and \(lines.count - 3) more" : ""
    let scalars = (lines.prefix(3).joined(separator: "; ") + more).unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control ? Unicode.Scalar(0xFFFD) ?? " " : scalar
    }
    return String(String.UnicodeScalarView(scalars))
  }

  /// Leaves out the middle of words that a file has made endless.
  private static func shortened(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count > 1_500 else { return text }
    return String(scalars.prefix(900)) + " … " + String(scalars.suffix(300))
  }
}
