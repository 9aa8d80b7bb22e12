/// The receiver operating characteristic (ROC) of scores for two classes.
public enum ReceiverOperatingCharacteristic {
  /// The area under the curve (ROC AUC): the probability that a random positive scores more than a random negative, equal
  /// scores counting as one half.
  ///
  /// It is U / (P · N) for P positives, N negatives and the statistic U of Mann and Whitney (1947) with midranks for ties
  /// (Hanley and McNeil 1982), and equals scikit-learn's `roc_auc_score`.
  ///
  /// - Parameters:
  ///   - scores: [examples]; greater means more likely positive. Infinite scores are allowed.
  ///   - labels: [examples]: 1 for a positive, 0 for a negative.
  /// - Returns: a number in [0, 1]; 0.5 for scores that tell nothing.
  /// - Throws: `EvaluationError` where there are no examples, only one of the two classes, another number of labels than
  ///   of scores, another label than 1 and 0, or a score that is not a number.
  public static func areaUnderCurve(scores: [Float], labels: [Int]) throws(EvaluationError) -> Double {
    let curve = try AveragePrecisionCurve(scores: scores, labels: labels, allowsIgnored: false, name: "ROC AUC")
    try curve.requirePositives(name: "ROC AUC")
    guard curve.negatives > 0 else { throw EvaluationError("ROC AUC", "no example is negative") }
    // Twice the pairs that are in the right order; pairs with equal scores count once.
    var (positivesAbove, doubled) = (0, 0)
    for group in curve.groups {
      doubled += group.negatives * (2 * positivesAbove + group.positives)
      positivesAbove += group.positives
    }
    return Double(doubled) / 2 / (Double(curve.positives) * Double(curve.negatives))
  }
}
