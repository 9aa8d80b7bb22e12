/// What passed: a table by operator and the list of what failed.
struct Score: CustomStringConvertible {
  let results: [(test: OfficialTest, failures: [OfficialTest.Way: String])]

  var description: String {
    let passed = results.filter(\.failures.isEmpty).count
    var lines = [
      "# Conformance", "",
      "\(passed) of \(results.count) official tests of ONNX 1.22.0 pass in every way: node by node (plain), after the passes",
      "(optimised), and written as a file and read again (re-read). `make conformance` runs them. Tests that are newer than the",
      "published data are made from the cases of the installed onnx. Where shapes or attributes depend on small inputs, their",
      "numbers are there when the file is read. Files are written in opset 17, or in 23 what that lacks. The group `functions`",
      "are bodies of other operators. What cannot be run counts as failed.", "",
    ]
    let ways = OfficialTest.Way.allCases
    lines.append("| operator | tests | " + ways.map(\.rawValue).joined(separator: " | ") + " |")
    lines.append("|---|---:|" + ways.map { _ in "---:|" }.joined())
    for group in Set(results.map(\.test.group)).sorted() {
      lines.append(row(group, results.filter { $0.test.group == group }))
    }
    lines.append(row("**all**", results))
    if passed < results.count { lines += ["", "## What fails", ""] + failures }
    return lines.joined(separator: "\n") + "\n"
  }

  private func row(_ title: String, _ results: [(test: OfficialTest, failures: [OfficialTest.Way: String])]) -> String {
    let counts = OfficialTest.Way.allCases.map { way in "\(results.filter { $0.failures[way] == nil }.count)" }
    return "| \(title) | \(results.count) | " + counts.joined(separator: " | ") + " |"
  }

  private var failures: [String] {
    results.flatMap { test, failures -> [String] in
      let found = OfficialTest.Way.allCases.compactMap { way in failures[way].map { (way.rawValue, $0) } }
      if found.isEmpty { return [] }
      if found.count == 3, Set(found.map(\.1)).count == 1 { return ["- \(test.name): \(found[0].1)"] }
      return ["- \(test.name): " + found.map { "\($0): \($1)" }.joined(separator: "; ")]
    }
  }
}
