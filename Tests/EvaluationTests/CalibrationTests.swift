import Testing

@testable import Evaluation

@Suite("Calibration")
struct CalibrationTests {
  struct Bin: Decodable {
    var count: Int
    var confidence: Double?
    var accuracy: Double?
  }

  struct Fixture: Decodable {
    var classes: Int
    var probabilities: [Float]
    var labels: [Int]
    var bins: [Bin]
    var expectedError: Double
  }

  @Test("agrees with NumPy in fifteen bins")
  func agrees() throws {
    let f = try EvaluationFixtures.read(Fixture.self, "calibration.json")
    let calibration = try Calibration(probabilities: f.probabilities, labels: f.labels, classes: f.classes)
    expectClose(calibration.expectedError, f.expectedError)
    try #require(calibration.bins.count == 15 && f.bins.count == 15)
    for (bin, truth) in zip(calibration.bins, f.bins) {
      #expect(bin.count == truth.count)
      #expect((bin.confidence == nil) == (truth.confidence == nil) && (bin.accuracy == nil) == (truth.accuracy == nil))
      expectClose(bin.confidence ?? 0, truth.confidence ?? 0)
      expectClose(bin.accuracy ?? 0, truth.accuracy ?? 0)
    }
  }

  @Test("an edge belongs to the bin beneath it, 0 to the first", arguments: [1, 2, 3, 10, 15, 100, 65_536])
  func edges(bins: Int) throws {
    let edges = (0...bins).map { Float(Double($0) / Double(bins)) }
    let calibration = try Calibration(confidences: edges, correct: edges.map { _ in true }, bins: bins)
    #expect(calibration.bins.map(\.count) == [2] + [Int](repeating: 1, count: bins - 1))
    let above = edges.dropLast().map(\.nextUp)
    let next = try Calibration(confidences: above, correct: above.map { _ in false }, bins: bins)
    #expect(next.bins.allSatisfy { $0.count == 1 && $0.accuracy == 0 })
    #expect(next.bins.first?.lower == 0 && next.bins.last?.upper == 1)
  }

  @Test("small sets by hand")
  func small() throws {
    let perfect = try Calibration(confidences: [1, 1, 0.5, 0.5], correct: [true, true, true, false])
    #expect(perfect.expectedError == 0)
    let wrong = try Calibration(confidences: [1, 0.75], correct: [false, false], bins: 2)
    #expect(wrong.expectedError == 0.875)
    #expect(wrong.bins[0].confidence == nil && wrong.bins[1].confidence == 0.875 && wrong.bins[1].accuracy == 0)
  }

  @Test("what cannot be measured is refused")
  func refused() {
    func measure(_ confidences: [Float], _ correct: [Bool], bins: Int = 15) throws {
      _ = try Calibration(confidences: confidences, correct: correct, bins: bins)
    }
    expectRefusal("no examples") { try measure([], []) }
    expectRefusal("1 confidences, but 2 predictions") { try measure([1], [true, false]) }
    for bad in [Float.nan, -0.1, 1.1, .infinity] {
      expectRefusal("confidence of example 1") { try measure([1, bad], [true, true]) }
    }
    for bins in [0, -1, 65_537] { expectRefusal("number of bins") { try measure([1], [true], bins: bins) } }
    func rows(_ probabilities: [Float], _ labels: [Int]) throws {
      _ = try Calibration(probabilities: probabilities, labels: labels, classes: 2)
    }
    expectRefusal("no examples") { try rows([], []) }
    expectRefusal("do not fill rows") { try rows([1], [0]) }
    expectRefusal("is of class 2") { try rows([0.5, 0.5], [2]) }
    expectRefusal("1 examples, but 0 labels") { try rows([0.5, 0.5], []) }
    expectRefusal("is not a number") { try rows([0.5, .nan], [0]) }
    expectRefusal("example 1 holds no probabilities") { try rows([0.5, 0.5, 2, 5], [0, 0]) }
  }
}
