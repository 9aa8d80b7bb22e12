import Foundation
import Testing

/// `evaluate bias` on a table, against what `embed` and plain arithmetic give.
struct EvaluateBiasTests {
  struct Report: Decodable {
    struct Share: Decodable {
      var count: Int
      var examples: Int
      var estimate: Double
      var lower: Double
      var upper: Double
    }
    struct Group: Decodable {
      var group: String
      var share: Share
      var small: Bool
    }
    struct Interval: Decodable { var estimate: Double }
    struct Ratio: Decodable { var estimate: Double? }
    struct Category: Decodable {
      var category: String
      var groups: [Group]
      var difference: Interval
      var ratio: Ratio
    }
    struct Column: Decodable {
      var column: String
      var categories: [Category]
    }
    struct Part: Decodable {
      var threshold: Double?
      var left_out: [String]
      var columns: [Column]
    }
    var pictures: Int
    var labels: Int
    var results: [Part]
    var note: [String]
  }

  private static let labels = ["a star", "a blue square", "a red circle", "nothing"]
  private static let categories = "a star\n[x]\na blue square\ny\ta red circle\ny\tnothing\n"

  /// A table of the pictures with two columns of groups.
  private func flags(_ folder: TemporaryFolder) throws -> [String] {
    let rows = EvaluatedPictures.paths.enumerated().map {
      "\($1),\($0 % 2 == 0 ? "a" : "b"),\($0 < 4 ? "10-19" : "3-9")"
    }
    let table = try folder.write("table.csv", Array(("file,letter,age\n" + rows.joined(separator: "\n")).utf8))
    let categories = try folder.write("categories.txt", Array(Self.categories.utf8))
    return [
      "bias", try Workshop.shared().model, "--data", table, "--categories", categories, "--template", "{}",
    ]
  }

  @Test func sharesAreThoseOfTheBestLabels() throws {
    let folder = try TemporaryFolder()
    let flags = try flags(folder) + ["--group-columns", "letter,age"]
    let scores = try EvaluatedPictures.cosines(Self.labels, folder)
    let found = try EvaluatedPictures.json(Report.self, flags + ["--added", "y"]).report
    #expect(found.pictures == 6 && found.labels == 4 && !found.note.isEmpty)
    try #require(found.results.map(\.left_out) == [["y"], []])
    for (part, chosen) in zip(found.results, [[0, 1], [0, 1, 2, 3]]) {
      let best = try scores.map { row in try #require(chosen.max { row[$0] < row[$1] }) }
      #expect(part.threshold == nil && part.columns.map(\.column) == ["letter", "age"])
      let members = [[[0, 2, 4], [1, 3, 5]], [[4, 5], [0, 1, 2, 3]]]
      for (column, groups) in zip(part.columns, members) {
        #expect(column.categories.map(\.category) == (chosen.count == 2 ? ["x"] : ["x", "y"]))
        for category in column.categories {
          let own = category.category == "x" ? [1] : [2, 3]
          let counts = groups.map { group in group.count { own.contains(best[$0]) } }
          let shares = zip(counts, groups).map { Double($0) / Double($1.count) }
          let (least, greatest) = (try #require(shares.min()), try #require(shares.max()))
          #expect(category.groups.map(\.share.count) == counts)
          #expect(category.groups.map(\.share.examples) == groups.map(\.count))
          #expect(category.groups.allSatisfy { $0.small && $0.share.lower <= $0.share.estimate })
          #expect(abs(category.difference.estimate - (greatest - least)) < 1e-12)
          #expect((category.ratio.estimate == nil) == (least == 0))
        }
      }
    }
    #expect(found.results[0].columns[1].categories[0].groups.map(\.group) == ["3-9", "10-19"])
    let outcome = try Clipgraph.run(["evaluate"] + flags)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    for words in [
      "the most probable label", "max − min", "max ÷ min", "3*", "* fewer than 30", "no evidence of fairness",
    ] {
      #expect(outcome.output.contains(words), "\(outcome.output)")
    }
  }

  @Test func aThresholdGivesEveryLabelOrNone() throws {
    let folder = try TemporaryFolder()
    let flags = try flags(folder) + ["--group-columns", "letter", "--threshold", "1e-30", "1"]
    let found = try EvaluatedPictures.json(Report.self, flags).report
    #expect(found.results.map(\.threshold) == [1e-30, 1])
    for (part, share) in zip(found.results, [1.0, 0]) {
      for category in part.columns.flatMap(\.categories) {
        #expect(category.groups.allSatisfy { $0.share.estimate == share })
        #expect(category.difference.estimate == 0 && category.ratio.estimate == (share == 1 ? 1 : nil))
      }
    }
  }

  @Test func whatIsWrongIsNamed() throws {
    let (workshop, folder) = (try Workshop.shared(), try TemporaryFolder())
    let flags = try flags(folder)
    let picture = workshop.picture
    let empty = try folder.write("empty.csv", Array("file,letter\n\(picture),a\n\(picture),\n".utf8))
    let absent = try folder.write("absent.csv", Array("file,letter\n\(picture),a\nnone.png,b\n".utf8))
    let loose = try folder.write("loose.txt", Array("a\nb\n".utf8))
    for (arguments, words) in [
      (["--group-columns", "race"], "has no column race; its columns are file, letter, age"),
      (["--group-columns", "letter", "--added", "z"], "no category “z”; the categories are x, y"),
      (["--group-columns", "letter", "--data", empty], "empty.csv:3: names no group"),
      (["--group-columns", "letter", "--data", absent], "none.png"),
      (["--group-columns", "letter", "--data", folder("no.csv")], "no.csv"),
      (["--group-columns", "letter", "--csv-img-key", "path"], "has no column path"),
      (["--group-columns", "letter", "--categories", loose], "no label into a category"),
      (["--group-columns", "letter", "--categories", folder("no.txt")], "no.txt"),
      (["--group-columns", "letter", "--template", "a photo"], "has no {}"),
    ] {
      let outcome = try Clipgraph.run(["evaluate"] + flags + arguments)
      #expect(outcome.status == 1 && outcome.errorLines.count == 1, "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
  }
}
