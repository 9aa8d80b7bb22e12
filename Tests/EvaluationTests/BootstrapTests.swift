import Datasets
import Testing

@testable import Evaluation

@Suite("Bootstrap")
struct BootstrapTests {
  struct Interval: Decodable {
    var seed: UInt64
    var confidence: Double
    var estimate: Double
    var ends: [Double]
  }

  struct Fixture: Decodable {
    var classes: Int
    var resamples: Int
    var values: [Double]
    var labels: [Int]
    var mean: [Interval]
    var meanPerClass: [Interval]
    var numbers: [String]
  }

  private func expectEqual(_ interval: BootstrapInterval, _ truth: Interval) throws {
    try #require(truth.ends.count == 2)
    expectClose(interval.estimate, truth.estimate)
    expectClose(interval.lower, truth.ends[0])
    expectClose(interval.upper, truth.ends[1])
    #expect(interval.confidence == truth.confidence && interval.seed == truth.seed)
  }

  @Test("draws as SplitMix64 does, and takes NumPy's percentiles")
  func agrees() throws {
    let f = try EvaluationFixtures.read(Fixture.self, "bootstrap.json")
    var generator = SeededGenerator(state: 1_234_567)
    for number in f.numbers { #expect(generator.next() == UInt64(number, radix: 16)) }
    #expect(f.mean.count == 3 && f.meanPerClass.count == 3)
    for i in f.mean {
      let interval = try Bootstrap.mean(
        of: f.values, confidence: i.confidence, resamples: f.resamples, seed: i.seed)
      try expectEqual(interval, i)
      #expect(interval.resamples == f.resamples)
    }
    for i in f.meanPerClass {
      let interval = try Bootstrap.meanPerClass(
        of: f.values, labels: f.labels, classes: f.classes, confidence: i.confidence, resamples: f.resamples,
        seed: i.seed)
      try expectEqual(interval, i)
    }
  }

  @Test("the same seed gives the same interval, which covers the mean")
  func seeds() throws {
    let values = (0..<200).map { $0 % 4 == 0 ? 0.0 : 1.0 }
    let first = try Bootstrap.mean(of: values, seed: 3)
    #expect(first == (try Bootstrap.mean(of: values, seed: 3)))
    #expect(first != (try Bootstrap.mean(of: values, seed: 4)))
    #expect(first.resamples == 1000 && first.confidence == 0.95 && first.estimate == 0.75)
    // The standard error is 0.0306.
    #expect((0.67...0.71).contains(first.lower) && (0.79...0.83).contains(first.upper))
    let constant = try Bootstrap.meanPerClass(of: [2, 2, 2], labels: [0, 0, 2], classes: 4)
    #expect(constant.lower == 2 && constant.upper == 2 && constant.estimate == 2)
  }

  @Test("what cannot be measured is refused")
  func refused() {
    expectRefusal("no examples") { _ = try Bootstrap.mean(of: []) }
    expectRefusal("example 1 is nan") { _ = try Bootstrap.mean(of: [1, .nan]) }
    expectRefusal("example 0 is inf") { _ = try Bootstrap.mean(of: [.infinity]) }
    for confidence in [0, 1, -1, .nan] {
      expectRefusal("the confidence is") { _ = try Bootstrap.mean(of: [1], confidence: confidence) }
    }
    expectRefusal("0 resamples") { _ = try Bootstrap.mean(of: [1], resamples: 0) }
    expectRefusal("no examples") { _ = try Bootstrap.meanPerClass(of: [], labels: [], classes: 1) }
    expectRefusal("there are 0 classes") { _ = try Bootstrap.meanPerClass(of: [1], labels: [0], classes: 0) }
    expectRefusal("1 values, but 2 labels") { _ = try Bootstrap.meanPerClass(of: [1], labels: [0, 0], classes: 1) }
    expectRefusal("is of class 1") { _ = try Bootstrap.meanPerClass(of: [1], labels: [1], classes: 1) }
  }
}
