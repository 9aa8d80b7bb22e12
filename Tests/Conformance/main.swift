import Foundation

/// Runs the official tests of ONNX's operators, prints a table by operator, and writes it to a file.
///
/// usage: Conformance TESTS.txt DATA SCORE.md [NAME-PART]
///
/// With NAME-PART only the tests whose name contains it run, and nothing is written.
let arguments = CommandLine.arguments
guard (4...5).contains(arguments.count) else {
  print("usage: Conformance TESTS.txt DATA SCORE.md [NAME-PART]")
  exit(64)
}
do {
  let part = arguments.count == 5 ? arguments[4] : nil
  let tests = try OfficialTest.list(arguments[1], data: arguments[2]).filter { part.map($0.name.contains) ?? true }
  let score = Score(
    results: tests.map { test in
      if part != nil { print(test.name) }
      return (test, test.run())
    })
  print(score.description)
  if part == nil { try score.description.write(toFile: arguments[3], atomically: true, encoding: .utf8) }
} catch {
  print("\(error)")
  exit(1)
}
