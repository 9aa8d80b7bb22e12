import Testing

@testable import Evaluation

@Suite("Average precision and ROC AUC")
struct RankingTests {
  struct Case: Decodable {
    var scores: [Float]
    var labels: [Int]
    var allPoint: Double
    var elevenPoint: Double
    var areaUnderCurve: Double
  }

  struct Several: Decodable {
    var classes: Int
    var scores: [Float]
    var labels: [Int]
    var absent: [Int]
    var allPoint: Double
    var elevenPoint: Double
  }

  struct Fixture: Decodable {
    var cases: [Case]
    var several: Several
  }

  @Test("agree with scikit-learn and the rule of VOC 2007, in any order of the examples")
  func agrees() throws {
    let cases = try EvaluationFixtures.read(Fixture.self, "ranking.json").cases
    #expect(cases.count == 4)
    for c in cases {
      for (scores, labels) in [(c.scores, c.labels), (c.scores.reversed(), c.labels.reversed())] {
        expectClose(try AveragePrecision.allPoint(scores: scores, labels: labels), c.allPoint)
        expectClose(try AveragePrecision.elevenPoint(scores: scores, labels: labels), c.elevenPoint)
        let kept = labels.indices.filter { labels[$0] >= 0 }
        let area = try ReceiverOperatingCharacteristic.areaUnderCurve(
          scores: kept.map { scores[$0] }, labels: kept.map { labels[$0] })
        expectClose(area, c.areaUnderCurve)
      }
    }
  }

  @Test("the mean leaves out and names classes without a positive example")
  func several() throws {
    let s = try EvaluationFixtures.read(Fixture.self, "ranking.json").several
    for (rule, truth) in [(AveragePrecision.Rule.allPoint, s.allPoint), (.elevenPoint, s.elevenPoint)] {
      let mean = try AveragePrecision.Mean(scores: s.scores, labels: s.labels, classes: s.classes, rule: rule)
      expectClose(mean.mean, truth)
      #expect(mean.classesWithoutPositives == s.absent && s.absent == [2])
      #expect(mean.perClass.count == s.classes && mean.perClass[2] == nil)
    }
  }

  @Test("small rankings by hand")
  func small() throws {
    // Precisions 1, 2/3 at recalls 1/2, 1: six recalls up to 0.5, five above.
    let (scores, labels): ([Float], [Int]) = ([4, 3, 2, 9, 1], [1, 0, 1, -1, 0])
    expectClose(try AveragePrecision.elevenPoint(scores: scores, labels: labels), (6 + 5 * 2.0 / 3) / 11)
    expectClose(try AveragePrecision.allPoint(scores: scores, labels: labels), (1 + 2.0 / 3) / 2)
    #expect(try ReceiverOperatingCharacteristic.areaUnderCurve(scores: [1, 1, 1], labels: [1, 0, 0]) == 0.5)
    #expect(try ReceiverOperatingCharacteristic.areaUnderCurve(scores: [0, .infinity], labels: [0, 1]) == 1)
    #expect(try ReceiverOperatingCharacteristic.areaUnderCurve(scores: [1, 0], labels: [0, 1]) == 0)
  }

  @Test("what cannot be measured is refused")
  func refused() {
    func precision(_ scores: [Float], _ labels: [Int]) throws {
      _ = try AveragePrecision.allPoint(scores: scores, labels: labels)
    }
    func area(_ scores: [Float], _ labels: [Int]) throws {
      _ = try ReceiverOperatingCharacteristic.areaUnderCurve(scores: scores, labels: labels)
    }
    func mean(_ scores: [Float], _ labels: [Int], _ classes: Int) throws {
      _ = try AveragePrecision.Mean(scores: scores, labels: labels, classes: classes)
    }
    for measure in [precision, area] {
      expectRefusal("no examples") { try measure([], []) }
      expectRefusal("2 scores, but 1 labels") { try measure([1, 2], [1]) }
      expectRefusal("example 1 is not a number") { try measure([1, .nan], [1, 0]) }
      expectRefusal("label of example 0 is 2") { try measure([1, 2], [2, 0]) }
      expectRefusal("no example is positive") { try measure([1, 2], [0, 0]) }
    }
    expectRefusal("no example is positive") {
      _ = try AveragePrecision.elevenPoint(scores: [1, 2], labels: [0, -1])
    }
    expectRefusal("no example is negative") { try area([1, 2], [1, 1]) }
    expectRefusal("it must be 1 or 0") { try area([1, 2], [1, -1]) }
    expectRefusal("there are 0 classes") { try mean([1], [1], 0) }
    expectRefusal("no examples") { try mean([], [], 2) }
    expectRefusal("do not fill rows of 2 classes") { try mean([1, 2, 3], [1, 0, 1], 2) }
    expectRefusal("2 scores, but 1 labels") { try mean([1, 2], [1], 2) }
    expectRefusal("example 1 for class 0 is not a number") { try mean([1, 2, .nan, 1], [1, 0, 0, 0], 2) }
    expectRefusal("class 1: the label of example 0 is 3") { try mean([1, 2], [1, 3], 2) }
    expectRefusal("no class has a positive example") { try mean([1, 2], [0, -1], 2) }
  }
}
