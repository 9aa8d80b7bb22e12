extension AveragePrecision {
  /// How a class's average precision is taken from its precisions and recalls.
  public enum Rule: String, Hashable, Sendable, Codable, CaseIterable {
    /// `AveragePrecision.elevenPoint(scores:labels:)`, the rule of VOC 2007.
    case elevenPoint
    /// `AveragePrecision.allPoint(scores:labels:)`, the rule of scikit-learn.
    case allPoint
  }

  /// Mean average precision (mAP): the unweighted mean of the average precisions of classes, each of which ranks all
  /// examples by itself.
  public struct Mean: Hashable, Sendable, Codable {
    /// The mean over the classes with a positive example, in (0, 1].
    public let mean: Double
    /// [classes]: nil for a class without a positive example.
    public let perClass: [Double?]
    /// The classes without a positive example, ascending, which the mean leaves out.
    public let classesWithoutPositives: [Int]

    /// - Parameters:
    ///   - scores: [examples, classes], row-major; greater means more likely of the class.
    ///   - labels: [examples, classes], row-major: 1 where the example is of the class, 0 where not, −1 where the class
    ///     leaves the example out.
    ///   - classes: number of classes, at least 1.
    ///   - rule: how a class's average precision is computed.
    /// - Throws: `EvaluationError` where there are no examples, where the numbers do not fill rows, where there are other
    ///   labels, where a score is not a number, or where no class has a positive example.
    public init(
      scores: [Float], labels: [Int], classes: Int, rule: Rule = .elevenPoint
    ) throws(EvaluationError) {
      let name = "mean average precision"
      let rows = try ConfusionMatrixScores(scores, columns: classes, name: name)
      guard labels.count == scores.count else {
        throw EvaluationError(name, "there are \(scores.count) scores, but \(labels.count) labels")
      }
      var perClass: [Double?] = []
      for column in 0..<classes {
        let places = stride(from: column, to: rows.count * classes, by: classes)
        let curve = try AveragePrecisionCurve(
          scores: places.map { scores[$0] }, labels: places.map { labels[$0] }, allowsIgnored: true,
          name: "\(name), class \(column)")
        guard curve.positives > 0 else {
          perClass.append(nil)
          continue
        }
        perClass.append(
          rule == .elevenPoint ? AveragePrecision.elevenPoint(curve) : AveragePrecision.allPoint(curve))
      }
      let present = perClass.compactMap { $0 }
      guard !present.isEmpty else { throw EvaluationError(name, "no class has a positive example") }
      self.perClass = perClass
      mean = present.reduce(0, +) / Double(present.count)
      classesWithoutPositives = perClass.indices.filter { perClass[$0] == nil }
    }
  }
}
