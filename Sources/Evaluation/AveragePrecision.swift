/// Average precision of a ranking by scores.
///
/// A label is 1 for a positive, 0 for a negative and −1 for an example that is left out, as VOC leaves out objects that are
/// marked as difficult. (VOC's own image set files use other numbers: 1, −1 for a negative and 0 for difficult.)
///
/// Examples with equal scores are retrieved together, so that no result depends on the order of the examples: precision
/// and recall are taken at every distinct score.
public enum AveragePrecision {
  /// Average precision without interpolation: Σ (Rₙ − Rₙ₋₁) · Pₙ over the distinct scores from the greatest to the least,
  /// where Pₙ and Rₙ are precision and recall of the examples that score at least as much; scikit-learn's
  /// `average_precision_score`.
  ///
  /// - Parameters:
  ///   - scores: [examples]; greater means more likely positive. Infinite scores are allowed.
  ///   - labels: [examples]: 1, 0 or −1.
  /// - Returns: a number in (0, 1].
  /// - Throws: `EvaluationError` where there are no examples, no positive among them, another number of labels than of
  ///   scores, another label than 1, 0 and −1, or a score that is not a number.
  public static func allPoint(scores: [Float], labels: [Int]) throws(EvaluationError) -> Double {
    let curve = try AveragePrecisionCurve(scores: scores, labels: labels, allowsIgnored: true, name: name)
    try curve.requirePositives(name: name)
    return allPoint(curve)
  }

  /// The average precision of the PASCAL VOC challenge of 2007: the mean, over the recalls 0, 0.1, …, 1, of the greatest
  /// precision at that recall or more (Everingham et al. 2010, The PASCAL Visual Object Classes (VOC) Challenge,
  /// section 4.2). Recalls are compared in integers, hence exactly.
  ///
  /// - Parameters: as those of `allPoint(scores:labels:)`.
  /// - Returns: a number in (0, 1].
  /// - Throws: as `allPoint(scores:labels:)`.
  public static func elevenPoint(scores: [Float], labels: [Int]) throws(EvaluationError) -> Double {
    let curve = try AveragePrecisionCurve(scores: scores, labels: labels, allowsIgnored: true, name: name)
    try curve.requirePositives(name: name)
    return elevenPoint(curve)
  }

  private static let name = "average precision"

  static func allPoint(_ curve: AveragePrecisionCurve) -> Double {
    var (positives, retrieved, sum) = (0, 0, 0.0)
    for group in curve.groups {
      positives += group.positives
      retrieved += group.positives + group.negatives
      sum += Double(group.positives) * Double(positives) / Double(retrieved)
    }
    return sum / Double(curve.positives)
  }

  static func elevenPoint(_ curve: AveragePrecisionCurve) -> Double {
    var greatest = [Double](repeating: 0, count: 11)
    var (positives, retrieved) = (0, 0)
    for group in curve.groups {
      positives += group.positives
      retrieved += group.positives + group.negatives
      let precision = Double(positives) / Double(retrieved)
      for tenths in greatest.indices where positives * 10 >= tenths * curve.positives {
        greatest[tenths] = max(greatest[tenths], precision)
      }
    }
    return greatest.reduce(0, +) / 11
  }
}
