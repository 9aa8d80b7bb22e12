import Testing

@testable import Evaluation

@Suite("Confusion matrix")
struct ConfusionMatrixTests {
  struct Fixture: Decodable {
    var classes: Int
    var scores: [Float]
    var labels: [Int]
    var counts: [Int]
    var accuracy: Double
    var perClass: Double
    var absent: [Int]
    var top: [Double]
  }

  @Test("agrees with scikit-learn")
  func agrees() throws {
    let f = try EvaluationFixtures.read(Fixture.self, "confusion.json")
    let matrix = try ConfusionMatrix(scores: f.scores, labels: f.labels, classes: f.classes)
    #expect(try matrix.rows.flatMap { $0 } == f.counts && matrix.examples == f.labels.count)
    expectClose(try matrix.accuracy, f.accuracy)
    let perClass = try matrix.perClassAccuracy
    expectClose(perClass.mean, f.perClass)
    #expect(perClass.classesWithoutExamples == f.absent)
    #expect(perClass.perClass.indices.filter { perClass.perClass[$0] == nil } == f.absent)
    for (index, truth) in f.top.enumerated() {
      expectClose(
        try ConfusionMatrix.topAccuracy(index + 1, scores: f.scores, labels: f.labels, classes: f.classes), truth)
    }
    #expect(try ConfusionMatrix.topAccuracy(99, scores: f.scores, labels: f.labels, classes: f.classes) == 1)
  }

  @Test("portions add up; rows are labels")
  func portions() throws {
    var matrix = try ConfusionMatrix(classes: 3)
    try matrix.add(predictions: [0, 2], labels: [0, 1])
    try matrix.add(predictions: [1], labels: [1])
    #expect(matrix == (try ConfusionMatrix(predictions: [0, 2, 1], labels: [0, 1, 1], classes: 3)))
    #expect(try matrix.rows == [[1, 0, 0], [0, 1, 1], [0, 0, 0]])
    #expect(matrix.cells.map { [$0.label, $0.prediction, $0.count] } == [[0, 0, 1], [1, 1, 1], [1, 2, 1]])
    #expect(matrix[label: 1, prediction: 2] == 1 && matrix[label: 2, prediction: 1] == 0)
    #expect(matrix[label: 3, prediction: 0] == 0)
    let perClass = try matrix.perClassAccuracy
    #expect(perClass.mean == 0.75 && perClass.perClass == [1, 0.5, nil])
  }

  @Test("many classes take the memory of the pairs that occur")
  func vast() throws {
    let classes = 30_000
    let labels = Array(0..<classes)
    let matrix = try ConfusionMatrix(predictions: labels.map { $0 / 2 * 2 }, labels: labels, classes: classes)
    #expect(matrix.cells.count == classes && matrix.examples == classes)
    #expect(try matrix.accuracy == 0.5 && matrix.perClassAccuracy.mean == 0.5)
    expectRefusal("2048 at most") { _ = try matrix.rows }
  }

  @Test("of equal scores the first is predicted, and the label comes last among the best k")
  func ties() throws {
    let matrix = try ConfusionMatrix(scores: [1, 1, 0], labels: [0], classes: 3)
    #expect(try matrix.accuracy == 1)
    #expect(try ConfusionMatrix.topAccuracy(1, scores: [1, 1, 0], labels: [0], classes: 3) == 0)
    #expect(try ConfusionMatrix.topAccuracy(2, scores: [1, 1, 0], labels: [0], classes: 3) == 1)
  }

  @Test("what cannot be measured is refused")
  func refused() throws {
    expectRefusal("there are 0 classes") { _ = try ConfusionMatrix(classes: 0) }
    expectRefusal("there may be 30000 at most") { _ = try ConfusionMatrix(classes: .max) }
    expectRefusal("no examples") { _ = try ConfusionMatrix(predictions: [], labels: [], classes: 2) }
    expectRefusal("no examples") { _ = try ConfusionMatrix(classes: 2).accuracy }
    expectRefusal("no examples") { _ = try ConfusionMatrix(classes: 2).perClassAccuracy }
    expectRefusal("1 predictions, but 0 labels") { _ = try ConfusionMatrix(predictions: [0], labels: [], classes: 2) }
    var matrix = try ConfusionMatrix(classes: 2)
    expectRefusal("example 1 is of class 0, predicted as 2") { try matrix.add(predictions: [0, 2], labels: [0, 0]) }
    #expect(matrix.examples == 0)
    expectRefusal("example 0 is of class -1") { _ = try ConfusionMatrix(scores: [1, 2], labels: [-1], classes: 2) }
    expectRefusal("do not fill rows") { _ = try ConfusionMatrix(scores: [1, 2, 3], labels: [0], classes: 2) }
    expectRefusal("1 examples, but 2 labels") { _ = try ConfusionMatrix(scores: [1, 2], labels: [0, 1], classes: 2) }
    expectRefusal("is not a number") { _ = try ConfusionMatrix(scores: [1, .nan], labels: [0], classes: 2) }
    func top(_ k: Int, _ scores: [Float], _ labels: [Int]) throws {
      _ = try ConfusionMatrix.topAccuracy(k, scores: scores, labels: labels, classes: 2)
    }
    expectRefusal("k is 0") { try top(0, [1, 2], [0]) }
    expectRefusal("no examples") { try top(1, [], []) }
    expectRefusal("is of class 2") { try top(1, [1, 2], [2]) }
    expectRefusal("is not a number") { try top(1, [1, .nan], [0]) }
  }
}
