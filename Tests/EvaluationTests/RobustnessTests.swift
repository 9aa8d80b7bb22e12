import Datasets
import Foundation
import Testing

@testable import Evaluation

@Suite("Robustness")
struct RobustnessTests {
  struct Fit: Decodable {
    var reference: [Double]
    var shifted: [Double]
    var slope: Double
    var intercept: Double
    var determination: Double
    var at: [Double]
    var expected: [Double]
  }

  struct Fixture: Decodable {
    var fits: [Fit]
    var fit: Int
    var seed: UInt64
    var reference: [Int]
    var shifted: [Int]
    var before: [Int]
    var estimates: [Double]
    var ends: [[Double]]
    var relative: [Double]
  }

  private func fit(_ truth: Fit) throws -> RobustnessFit {
    try RobustnessFit(zip(truth.reference, truth.shifted).map { .init(reference: $0, shifted: $1) })
  }

  @Test("the line through logits is NumPy's")
  func fits() throws {
    let f = try EvaluationFixtures.read(Fixture.self, "robustness.json")
    #expect(f.fits.count == 3)
    for truth in f.fits {
      let fit = try fit(truth)
      expectClose(fit.slope, truth.slope)
      expectClose(fit.intercept, truth.intercept)
      expectClose(try #require(fit.determination), truth.determination)
      #expect(fit.points == truth.reference.count)
      for (accuracy, expected) in zip(truth.at, truth.expected) { expectClose(fit.expected(accuracy), expected) }
    }
  }

  @Test("at 0 and 1 the line has its limits")
  func limits() throws {
    let rising = try RobustnessFit([.init(reference: 0.4, shifted: 0.2), .init(reference: 0.8, shifted: 0.5)])
    #expect(rising.expected(0) == 0 && rising.expected(1) == 1)
    let flat = try RobustnessFit([.init(reference: 0.4, shifted: 0.25), .init(reference: 0.8, shifted: 0.25)])
    #expect(flat.determination == nil)
    for accuracy in [0, 0.5, 1] { expectClose(flat.expected(accuracy), 0.25) }
  }

  @Test("drops, effective and relative robustness, with NumPy's percentiles")
  func measures() throws {
    let f = try EvaluationFixtures.read(Fixture.self, "robustness.json")
    func shift(_ shifted: [Int]) -> RobustnessShift {
      RobustnessShift(name: "s", classes: 5, reference: f.reference.map { $0 == 1 }, shifted: shifted.map { $0 == 1 })
    }
    let after = shift(f.shifted)
    let measures = try after.measures(fit: try fit(f.fits[f.fit]), seed: f.seed)
    let found = [
      measures.referenceAccuracy, measures.accuracy, measures.drop, try #require(measures.relativeDrop),
      try #require(measures.effectiveRobustness),
    ]
    try #require(f.estimates.count == 5 && f.ends.count == 5)
    for (index, interval) in found.enumerated() {
      expectClose(interval.estimate, f.estimates[index])
      expectClose(interval.lower, f.ends[index][0])
      expectClose(interval.upper, f.ends[index][1])
    }
    expectClose(try #require(measures.expectedAccuracy), f.estimates[1] - f.estimates[4])
    let gain = try after.relativeRobustness(to: shift(f.before), seed: f.seed)
    expectClose(gain.estimate, f.relative[0])
    expectClose(gain.lower, f.relative[1])
    expectClose(gain.upper, f.relative[2])
    let plain = try after.measures(seed: f.seed)
    #expect(plain.effectiveRobustness == nil && plain.expectedAccuracy == nil && plain.drop == measures.drop)
  }

  @Test("a reference accuracy of 0 has no relative drop")
  func nothingRight() throws {
    let shift = RobustnessShift(name: "s", classes: 2, reference: [false, false], shifted: [true, false])
    let measures = try shift.measures()
    #expect(measures.relativeDrop == nil && measures.drop.estimate == -0.5)
  }

  @Test("scores of a subset are masked, and other classes do not count")
  func masks() {
    var result = ZeroShotResult()
    result.add([0.9, 0.2, 0.5], 1, among: [1, 2])
    result.add([0.9, 0.6, 0.5], 1, among: [1, 2])
    result.add([0.9, 0.6, 0.5], 0, among: [1, 2])
    #expect(result.hits == [false, true] && result.answers == [0, 0])
    result.add([0.9, 0.6, 0.5], 0, among: nil)
    #expect(result.hits == [false, true, true])
  }

  @Test("class subsets and folders become indices of labels")
  func sets() throws {
    let (data, labels) = (SampleList(name: "d", rows: []), ["cat", "dog", "fox", "owl"])
    func set(_ subset: [String]? = nil, _ folders: [String]? = nil) throws -> RobustnessSet {
      try RobustnessSet(name: "s", data: data, labels: labels, subset: subset, folders: folders)
    }
    #expect(try set().classes == [0, 1, 2, 3] && set().subset == nil)
    #expect(try set(["owl", "dog"]).classes == [3, 1] && set(["owl", "dog"]).subset == [1, 3])
    #expect(try set(["owl", "dog"], ["dog", "owl"]).classes == [1, 3])
    #expect(try set(["owl", "dog"], ["n01", "n02"]).classes == [3, 1])
    #expect(try set(nil, ["0", "1", "3"]).classes == [0, 1, 3])
    #expect(try set(nil, ["fox"]).classes == [2])
    expectRefusal("“cow”, which is none of the 4 labels") { _ = try set(["cow", "dog"]) }
    expectRefusal("“dog” twice") { _ = try set(["dog", "dog"]) }
    expectRefusal("fewer than two") { _ = try set(["dog"]) }
    expectRefusal("class folder “n01”") { _ = try set(nil, ["cat", "n01"]) }
    expectRefusal("folder of class 4") { _ = try set(nil, ["0", "4"]) }
    expectRefusal("3 class folders, but 4 labels") { _ = try set(nil, ["n01", "n02", "n03"]) }
  }

  @Test("tables of baselines")
  func baselines() throws {
    func read(_ text: String) throws -> RobustnessBaselines {
      let path = NSTemporaryDirectory() + "/clipgraph-\(UUID().uuidString).csv"
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      defer { try? FileManager.default.removeItem(atPath: path) }
      return try RobustnessBaselines(contentsOf: path)
    }
    let header = "model,year,set,reference_accuracy,shifted_accuracy\n"
    let table = try read(header + "a,1,s,0.5,0.25\nb,2,s,0.75,0.5\na,1,t,0.5,0.25\n")
    #expect(table.points["s"] == [.init(reference: 0.5, shifted: 0.25), .init(reference: 0.75, shifted: 0.5)])
    #expect(try table.fit("s").points == 2)
    expectRefusal("for the set t, one model alone") { _ = try table.fit("t") }
    expectRefusal("for the set u, no models") { _ = try table.fit("u") }
    expectRefusal("no column set") { _ = try read("model,reference_accuracy,shifted_accuracy\na,0.5,0.5\n") }
    expectRefusal(":2: the accuracy 76.2 has no logit") { _ = try read(header + "a,1,s,76.2,0.5\n") }
    for wrong in ["0", "1", "nan"] {
      expectRefusal("has no logit") { _ = try read(header + "a,1,s,0.5,\(wrong)\n") }
    }
    expectRefusal("not both numbers") { _ = try read(header + "a,1,s,0.5,high\n") }
    expectRefusal(":3: has a on s again") { _ = try read(header + "a,1,s,0.5,0.5\na,1,s,0.5,0.5\n") }
    expectRefusal("holds no row") { _ = try read(header) }
    let same = try read(header + "a,1,s,0.5,0.25\nb,2,s,0.5,0.5\n")
    expectRefusal("the same reference accuracy") { _ = try same.fit("s") }
  }

  @Test("what cannot be compared is refused")
  func refused() {
    let shift = RobustnessShift(name: "s", classes: 2, reference: [], shifted: [true])
    expectRefusal("no examples") { _ = try shift.measures() }
    let other = RobustnessShift(name: "s", classes: 2, reference: [true], shifted: [true, true])
    expectRefusal("1 pictures, but 2") { _ = try shift.relativeRobustness(to: other) }
    expectRefusal("no groups") { _ = try Bootstrap.stratified(of: []) { $0 } }
    expectRefusal("no examples") { _ = try Bootstrap.stratified(of: [[1], []]) { $0 } }
  }
}
