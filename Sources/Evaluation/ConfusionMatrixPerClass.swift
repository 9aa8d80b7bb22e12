extension ConfusionMatrix {
  /// The accuracy of every class, and their unweighted mean.
  public struct PerClassAccuracy: Hashable, Sendable, Codable {
    /// The mean over the classes with examples, in [0, 1].
    public let mean: Double
    /// [classes]: the share of the examples of a class that were predicted right; nil for a class without examples.
    public let perClass: [Double?]
    /// The classes without examples, ascending, which the mean leaves out.
    public let classesWithoutExamples: [Int]
  }

  /// The mean of the recalls of the classes, also called balanced accuracy (scikit-learn's `balanced_accuracy_score`).
  ///
  /// - Throws: `EvaluationError` where there are no examples.
  public var perClassAccuracy: PerClassAccuracy {
    get throws(EvaluationError) {
      let perClass = classCounts.map { $0.examples > 0 ? Double($0.correct) / Double($0.examples) : nil }
      let present = perClass.compactMap { $0 }
      guard !present.isEmpty else { throw EvaluationError(ConfusionMatrix.name, "there are no examples") }
      return PerClassAccuracy(
        mean: present.reduce(0, +) / Double(present.count), perClass: perClass,
        classesWithoutExamples: perClass.indices.filter { perClass[$0] == nil })
    }
  }

  /// Top-k accuracy: the share of examples, in [0, 1], whose label is among the `k` classes with the greatest scores.
  ///
  /// Of equal scores the label is taken to come last, as in `ZeroShotResult`: with ties, the accuracy for `k` = 1 can be
  /// less than `accuracy`, where the first of equal scores is the prediction.
  ///
  /// - Parameters:
  ///   - k: at least 1; where it is at least the number of classes, the result is 1.
  ///   - scores: [examples, classes], row-major.
  ///   - labels: [examples], each in 0..<classes.
  ///   - classes: number of classes, at least 1.
  /// - Throws: `EvaluationError` where `k` is less than 1, where there are no examples or no classes, where sizes do not
  ///   fit one another, where a label is out of range, or where a score is not a number.
  public static func topAccuracy(
    _ k: Int, scores: [Float], labels: [Int], classes: Int
  ) throws(EvaluationError) -> Double {
    let name = "top-k accuracy"
    guard k >= 1 else { throw EvaluationError(name, "k is \(k); it must be 1 at least") }
    let rows = try ConfusionMatrixScores(scores, columns: classes, name: name)
    try rows.check(labels: labels, name: name)
    let hits = labels.indices.count { example in
      let row = rows[example]
      let own = row[row.startIndex + labels[example]]
      // The label itself is among those that do not score less.
      return row.count { $0 >= own } <= k
    }
    return Double(hits) / Double(rows.count)
  }
}
