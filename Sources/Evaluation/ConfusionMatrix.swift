/// How often examples of every class were predicted as every class.
///
/// It can be filled portion by portion with `add(predictions:labels:)`. Memory grows with the pairs of classes that occur,
/// not with the square of the classes.
public struct ConfusionMatrix: Hashable, Sendable, Codable {
  /// A label and a prediction that occur together.
  public struct Cell: Hashable, Sendable {
    public let label: Int
    public let prediction: Int
    /// How many examples: 1 at least.
    public let count: Int

    public init(label: Int, prediction: Int, count: Int) {
      (self.label, self.prediction, self.count) = (label, prediction, count)
    }
  }

  /// Number of classes.
  public let classes: Int
  /// Examples of every pair that occurs; its key is label · classes + prediction.
  private var counts: [Int: Int] = [:]

  static let mostClasses = 30_000
  /// Classes up to which `rows` are given.
  public static let mostRows = 2_048

  /// A matrix without examples.
  ///
  /// - Throws: `EvaluationError` where there are no classes, or more than 30,000.
  public init(classes: Int) throws(EvaluationError) {
    guard classes >= 1 else {
      throw EvaluationError(ConfusionMatrix.name, "there are \(classes) classes; there must be 1 at least")
    }
    guard classes <= ConfusionMatrix.mostClasses else {
      throw EvaluationError(
        ConfusionMatrix.name, "there are \(classes) classes; there may be \(ConfusionMatrix.mostClasses) at most")
    }
    self.classes = classes
  }

  /// - Parameters:
  ///   - predictions: [examples], each in 0..<classes.
  ///   - labels: [examples], each in 0..<classes.
  /// - Throws: `EvaluationError` where there are no examples or no classes, where the numbers of predictions and labels
  ///   differ, or where one of them is out of range.
  public init(predictions: [Int], labels: [Int], classes: Int) throws(EvaluationError) {
    try self.init(classes: classes)
    guard !predictions.isEmpty || !labels.isEmpty else {
      throw EvaluationError(ConfusionMatrix.name, "there are no examples")
    }
    try add(predictions: predictions, labels: labels)
  }

  /// Predicts the class with the greatest score; of equal scores, the first.
  ///
  /// - Parameters:
  ///   - scores: [examples, classes], row-major.
  ///   - labels: [examples], each in 0..<classes.
  /// - Throws: `EvaluationError` where there are no examples or no classes, where sizes do not fit one another, where a
  ///   label is out of range, or where a score is not a number.
  public init(scores: [Float], labels: [Int], classes: Int) throws(EvaluationError) {
    let rows = try ConfusionMatrixScores(scores, columns: classes, name: ConfusionMatrix.name)
    try rows.check(labels: labels, name: ConfusionMatrix.name)
    try self.init(predictions: (0..<rows.count).map { rows.best($0) }, labels: labels, classes: classes)
  }

  /// Counts further examples. Where it throws, the matrix stays as it was.
  ///
  /// - Parameters:
  ///   - predictions: [examples], each in 0..<classes.
  ///   - labels: [examples], each in 0..<classes.
  /// - Throws: `EvaluationError` where the numbers of predictions and labels differ, or where one of them is out of
  ///   range.
  public mutating func add(predictions: [Int], labels: [Int]) throws(EvaluationError) {
    guard predictions.count == labels.count else {
      throw EvaluationError(
        ConfusionMatrix.name, "there are \(predictions.count) predictions, but \(labels.count) labels")
    }
    for (example, pair) in zip(labels, predictions).enumerated() {
      guard (0..<classes).contains(pair.0), (0..<classes).contains(pair.1) else {
        throw EvaluationError(
          ConfusionMatrix.name,
          "example \(example) is of class \(pair.0), predicted as \(pair.1), but there are only \(classes) classes")
      }
    }
    for (label, prediction) in zip(labels, predictions) { counts[label * classes + prediction, default: 0] += 1 }
  }

  /// How many examples of class `label` were predicted as `prediction`; 0 for classes that there are not.
  public subscript(label label: Int, prediction prediction: Int) -> Int {
    guard (0..<classes).contains(label), (0..<classes).contains(prediction) else { return 0 }
    return counts[label * classes + prediction] ?? 0
  }

  /// The pairs that occur, in the order of the labels, those of one label in the order of the predictions.
  public var cells: [Cell] {
    counts.sorted { $0.key < $1.key }.map { pair, count in
      Cell(label: pair / classes, prediction: pair % classes, count: count)
    }
  }

  /// [classes][classes]: the row is the label, the column the prediction, as in scikit-learn.
  ///
  /// - Throws: `EvaluationError` for more than 2,048 classes, whose rows would take more memory than they are worth.
  public var rows: [[Int]] {
    get throws(EvaluationError) {
      guard classes <= ConfusionMatrix.mostRows else {
        throw EvaluationError(
          ConfusionMatrix.name,
          "there are \(classes) classes; all pairs are told of \(ConfusionMatrix.mostRows) at most")
      }
      var rows = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
      for (pair, count) in counts { rows[pair / classes][pair % classes] = count }
      return rows
    }
  }

  /// [classes]: the examples of each class, and how many of them were predicted right.
  public var classCounts: [(examples: Int, correct: Int)] {
    var found = [(examples: Int, correct: Int)](repeating: (0, 0), count: classes)
    for (pair, count) in counts {
      let label = pair / classes
      found[label].examples += count
      if pair % classes == label { found[label].correct += count }
    }
    return found
  }

  /// Number of examples.
  public var examples: Int { counts.values.reduce(0, +) }

  /// The share of examples that were predicted right, in [0, 1].
  ///
  /// - Throws: `EvaluationError` where there are no examples.
  public var accuracy: Double {
    get throws(EvaluationError) {
      let examples = examples
      guard examples > 0 else { throw EvaluationError(ConfusionMatrix.name, "there are no examples") }
      return Double((0..<classes).reduce(0) { $0 + self[label: $1, prediction: $1] }) / Double(examples)
    }
  }

  static let name = "confusion matrix"
}
