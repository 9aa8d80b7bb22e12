import Foundation
import Testing

/// What is where, how long it is, and what no file contains.
struct HouseRuleTests {
  static let sourceFolders = ["Sources", "converter", "examples", "Tests"]
  static let targetFolders =
    Layers.table.values.map(\.folder).sorted() + Layers.cTargets.keys.sorted().map { "Sources/\($0)" }

  @Test func topLevelHoldsWhatItMay() {
    let allowed: Set<Substring> = [
      "Package.swift", "Sources", "Tests", "models", "converter", "examples", "README.md", "LICENSE", "CHANGELOG.md",
      "Makefile",
    ]
    let unknown = Set(Repository.files.compactMap { $0.split(separator: "/").first }.filter { !$0.hasPrefix(".") })
      .subtracting(allowed)
    // Written by SwiftPM where there is no git to ignore it.
    #expect(unknown.subtracting(["Package.resolved"]).isEmpty)
  }

  @Test func sourceFilesAreShort() {
    let suffixes = [".swift", ".c", ".h", ".py", ".sh"]
    for file in Repository.files(under: Self.sourceFolders, suffixes: suffixes) where !file.contains(".pb-c.") {
      let count = Repository.lines(of: file).count
      #expect(count <= 400, "\(file) has \(count) lines; split it by topic")
    }
  }

  @Test(arguments: targetFolders)
  func everyTargetExplainsItself(folder: String) throws {
    let readme = folder + "/README.md"
    try #require(Repository.files.contains(readme), "\(readme) is missing")
    let count = Repository.lines(of: readme).count
    #expect((1...40).contains(count), "\(readme) has \(count) lines")
  }

  @Test func nothingOutsideTestsTraps() {
    for file in Repository.files(under: ["Sources", "converter", "examples"], suffixes: [".swift"]) {
      for (index, code) in Source.code(of: Repository.lines(of: file)).enumerated() {
        let place = "\(file):\(index + 1)"
        #expect(!code.contains("fatalError("), "\(place): throw a typed error instead")
        #expect(!Source.unwrapsByForce(code), "\(place): unwraps by force: \(code)")
      }
    }
  }

  @Test(arguments: [
    ("let a = try! f()", true), ("let a = b as! C", true), ("x!.y", true), ("f(x)!", true), ("a[0]! + 1", true),
    ("var x: Int!", true), ("x != y", false), ("x!=y", false), ("!x", false), ("if !(a) && !b {", false),
    ("f(\"no!\")  // really!", false), ("/// Stop!", false), ("a /* b! */ c", false), ("\"\\\"!\" + x", false),
  ])
  func forcedUnwrapsAreSeen(line: String, unwraps: Bool) {
    #expect(Source.unwrapsByForce(Source.code(of: [line[...]])[0]) == unwraps)
  }

  @Test func noFileNamesAPlaceOnOneMachine() {
    // Put together here, so that this file does not contain them.
    let places = ["wo" + "rk", "ro" + "ot", "Use" + "rs"].map { "/" + $0 + "/" }
    let suffixes = [
      ".swift", ".c", ".h", ".md", ".py", ".sh", ".json", ".proto", ".txt", ".yml", "Makefile", ".ci/run", ".ci/setup",
      ".ci/test", ".ci/lint",
    ]
    for file in Repository.files where suffixes.contains(where: { file.hasSuffix($0) }) {
      guard let text = Repository.text(of: file) else { continue }
      for place in places {
        #expect(!text.contains(place), "\(file) contains \(place)")
      }
    }
  }
}
