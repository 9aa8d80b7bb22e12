import Foundation

/// The accuracy under shift that an accuracy on the reference set lets expect: a straight line through the logits of standard
/// models' accuracies, by least squares (Taori et al. 2020, Measuring Robustness to Natural Distribution Shifts in Image
/// Classification, arXiv:2007.00644, section 2 and appendix).
///
/// β(x) = logistic(slope · logit(x) + intercept), where logit(a) = ln(a / (1 − a)).
public struct RobustnessFit: Hashable, Sendable, Codable {
  /// A standard model's accuracies.
  public struct Point: Hashable, Sendable, Codable {
    /// On the reference set, in (0, 1).
    public var reference: Double
    /// Under shift, in (0, 1).
    public var shifted: Double

    public init(reference: Double, shifted: Double) { (self.reference, self.shifted) = (reference, shifted) }
  }

  public let slope: Double
  public let intercept: Double
  /// The share of the shifted logits' variance that the line explains (R²), in [0, 1]; nil where they do not vary.
  public let determination: Double?
  /// Number of models.
  public let points: Int

  /// - Parameter points: [models], at least two with different reference accuracies.
  /// - Throws: `EvaluationError` for fewer points, equal reference accuracies, or an accuracy that is not strictly between 0
  ///   and 1, which has no logit.
  public init(_ points: [Point]) throws(EvaluationError) {
    guard points.count >= 2 else {
      throw EvaluationError(
        "baselines", "\(points.count == 1 ? "one model alone is" : "no models are") given; a line needs two or more")
    }
    for point in points {
      try RobustnessFit.check(point.reference)
      try RobustnessFit.check(point.shifted)
    }
    let (x, y) = (points.map { logit($0.reference) }, points.map { logit($0.shifted) })
    let count = Double(points.count)
    let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
    let spreadX = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
    let spreadY = y.reduce(0) { $0 + ($1 - meanY) * ($1 - meanY) }
    let product = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    guard Set(x).count >= 2, spreadX > 0 else {
      throw EvaluationError(
        "baselines", "all models have the same reference accuracy, which leaves the line's slope open")
    }
    slope = product / spreadX
    intercept = meanY - slope * meanX
    determination = spreadY > 0 ? min(1, product * product / (spreadX * spreadY)) : nil
    self.points = points.count
  }

  /// β(accuracy): what standard models of this reference accuracy reach under shift, in [0, 1]. At 0 and 1 it is the limit.
  ///
  /// - Parameter accuracy: on the reference set, in [0, 1].
  public func expected(_ accuracy: Double) -> Double {
    slope == 0 ? logistic(intercept) : logistic(slope * logit(accuracy) + intercept)
  }

  /// - Throws: `EvaluationError` unless the accuracy has a logit.
  static func check(_ accuracy: Double, _ place: String = "baselines") throws(EvaluationError) {
    guard accuracy > 0, accuracy < 1 else {
      throw EvaluationError(
        place, "the accuracy \(accuracy) has no logit; accuracies must lie between 0 and 1, such as 0.76 for 76 %")
    }
  }
}

/// ln(a / (1 − a)); infinite at 0 and 1.
private func logit(_ accuracy: Double) -> Double { log(accuracy) - log1p(-accuracy) }

private func logistic(_ value: Double) -> Double { 1 / (1 + exp(-value)) }
