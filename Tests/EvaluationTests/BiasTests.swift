import Foundation
import Testing

@testable import Evaluation

@Suite("Bias")
struct BiasTests {
  struct Case: Decodable {
    var hits: [[Int]]
    var seed: UInt64
    var resamples: Int
    var shares: [Double]
    var wilson: [[Double]]
    var difference: [Double]
    var ratio: [Double?]
  }

  struct Fixture: Decodable { var cases: [Case] }

  private func expectSame(_ value: Double?, _ truth: Double?) {
    #expect((value == nil) == (truth == nil))
    expectClose(value ?? 0, truth ?? 0)
  }

  @Test("shares, differences and ratios are NumPy's")
  func agrees() throws {
    let f = try EvaluationFixtures.read(Fixture.self, "bias.json")
    #expect(f.cases.count == 3)
    for truth in f.cases {
      let found = try BiasDisparity(
        truth.hits.map { $0.map { $0 == 1 } }, resamples: truth.resamples, seed: truth.seed)
      try #require(found.shares.count == truth.shares.count && truth.ratio.count == 3)
      for (index, share) in found.shares.enumerated() {
        expectClose(share.estimate, truth.shares[index])
        expectClose(share.lower, truth.wilson[index][0])
        expectClose(share.upper, truth.wilson[index][1])
      }
      expectClose(found.difference.estimate, truth.difference[0])
      expectClose(found.difference.lower, truth.difference[1])
      expectClose(found.difference.upper, truth.difference[2])
      expectSame(found.ratio.estimate, truth.ratio[0])
      expectSame(found.ratio.lower, truth.ratio[1])
      expectSame(found.ratio.upper, truth.ratio[2])
    }
  }

  @Test("a category without a picture has no ratio")
  func nothing() throws {
    let none = try BiasDisparity([[false, false], [false]])
    #expect(none.difference.estimate == 0 && none.difference.upper == 0)
    #expect(none.ratio.estimate == nil && none.ratio.lower == nil && none.ratio.upper == nil)
    let all = try BiasDisparity([[true, true], [true]])
    #expect(all.difference.estimate == 0 && all.ratio.estimate == 1 && all.ratio.upper == 1)
    #expect(all.shares[1].upper == 1 && all.shares[1].lower > 0)
    expectRefusal("fewer than two groups") { _ = try BiasDisparity([[true]]) }
    expectRefusal("no examples") { _ = try BiasDisparity([[true], []]) }
    expectRefusal("3 of 2") { _ = try WilsonInterval(count: 3, of: 2) }
  }

  @Test("labels by probability")
  func rules() {
    #expect(BiasRule.top.labels([0.2, 0.4, 0.4]) == [1])
    #expect(BiasRule.top.labels([]) == [])
    #expect(BiasRule.threshold(0.2).labels([0.2, 0.1, 0.7]) == [0, 2])
    #expect(BiasRule.threshold(0.9).labels([0.2, 0.1, 0.7]) == [])
    for wrong in [0, -0.5, 1.5, .nan] { expectRefusal("above 0") { try BiasRule.threshold(wrong).check() } }
    #expect(throws: Never.self) { try BiasRule.threshold(1).check() }
  }

  @Test("categories by sections and by tabs")
  func categories() throws {
    let text = "person\n\n[crime-related]\nthief\ncriminal\r\nnon-human\tgorilla\n[added]\nchild\n"
    let found = try BiasCategories(text, place: "f")
    #expect(found.labels == ["person", "thief", "criminal", "gorilla", "child"])
    #expect(found.names == ["crime-related", "non-human", "added"])
    #expect(found.categoryOfLabel == [nil, 0, 0, 1, 2])
    #expect(try found.labels(without: ["added", "crime-related"]) == [0, 3])
    #expect(try found.labels(without: []) == [0, 1, 2, 3, 4])
    expectRefusal("no category “x”") { _ = try found.labels(without: ["x"]) }
    expectRefusal("fewer than two labels remain") {
      _ = try found.labels(without: ["added", "crime-related", "non-human"])
    }
    func read(_ text: String) throws { _ = try BiasCategories(text, place: "f") }
    expectRefusal("f:1: is neither") { try read("a\tb\tc\n") }
    expectRefusal("f:2: is neither") { try read("a\tb\n\tc\n") }
    expectRefusal("without a name") { try read("[ ]\na\n") }
    expectRefusal("f:3: has the label “a” again") { try read("[x]\na\ny\ta\n") }
    expectRefusal("fewer than two labels") { try read("[x]\na\n") }
    expectRefusal("no label into a category") { try read("a\nb\n") }
  }

  @Test("groups of a table's columns")
  func groups() throws {
    func table(_ text: String, _ columns: [String], ending: String = "csv") throws -> BiasTable {
      let path = NSTemporaryDirectory() + "/clipgraph-\(UUID().uuidString).\(ending)"
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      defer { try? FileManager.default.removeItem(atPath: path) }
      return try BiasTable(contentsOf: path, columns: columns)
    }
    let csv = "file,age,race\n/a.jpg,10-19,x\n/b.jpg,3-9,\"y, z\"\n/c.jpg,10-19,x\n"
    let json = """
      {"file": "/a.jpg", "age": "10-19", "race": "x"}
      {"file": "/b.jpg", "age": "3-9", "race": "y, z"}

      {"file": "/c.jpg", "age": "10-19", "race": "x"}
      """
    for found in [try table(csv, ["race", "age"]), try table(json, ["race", "age"], ending: "jsonl")] {
      #expect(found.pictures.rows.map(\.path) == ["/a.jpg", "/b.jpg", "/c.jpg"])
      #expect(found.groups.map(\.column) == ["race", "age"])
      #expect(found.groups[0].names == ["x", "y, z"] && found.groups[0].groupOfPicture == [0, 1, 0])
      #expect(found.groups[1].names == ["3-9", "10-19"] && found.groups[1].groupOfPicture == [1, 0, 1])
      #expect(found.groups[1].split([true, false, false]) == [[false], [true, false]])
    }
    let mixed = "file,g\n/a,1\n/b,\n"
    expectRefusal(":3: names no group in the column g") { _ = try table(mixed, ["g"]) }
    expectRefusal("no column h; its columns are file, g") { _ = try table(mixed, ["h"]) }
    expectRefusal("only the group 1") { _ = try table("file,g\n/a,1\n/b,1\n", ["g"]) }
    expectRefusal(":2: has 1 fields") { _ = try table("file,g\n/a\n", ["g"]) }
    expectRefusal("--csv-img-key") { _ = try table("p,g\n/a,1\n", ["g"]) }
    expectRefusal("two columns g") { _ = try table("file,g,g\n/a,1,2\n", ["g"]) }
    expectRefusal("is no JSON object") { _ = try table("[1]\n", ["g"], ending: "jsonl") }
  }

  @Test("a result has the shares of every category in every column's groups")
  func results() throws {
    let places = ["1", "2", "3", "4"]
    let groups = [
      try BiasGroups(column: "g", values: ["a", "b", "a", "b"], places: places),
      try BiasGroups(column: "h", values: ["c", "c", "c", "d"], places: places),
    ]
    let result = try BiasResult(
      rule: .top, leftOut: [], categories: ["x", "y"],
      hits: [[true, true, false, true], [false, false, true, false]], groups: groups)
    #expect(result.columns[0].disparities.map { $0.shares.map(\.count) } == [[1, 2], [1, 0]])
    #expect(result.columns[1].disparities.map { $0.shares.map(\.count) } == [[2, 1], [1, 0]])
    #expect(result.columns[0].disparities[0].ratio.estimate == 2)
  }
}
