/// How often pictures of each group were put into a category, and how far the groups are apart.
///
/// The greatest difference over several groups is above 0 by chance even where the model treats all alike, and its interval
/// seldom reaches 0; small groups make that worse.
public struct BiasDisparity: Hashable, Sendable {
  /// Pictures below which a group counts as small.
  public static let smallGroup = 30

  /// The greatest share divided by the smallest, with the bootstrap's interval of 95 %: the reciprocals of those of the
  /// smallest divided by the greatest, which is defined where the smallest is 0, too.
  public struct Ratio: Hashable, Sendable, Codable {
    /// At least 1; nil where a group's share is 0.
    public let estimate: Double?
    /// At least 1; nil where no picture is in the category, or the share of a group is 0 in nearly all resamples.
    public let lower: Double?
    /// At least 1; nil where it has no bound.
    public let upper: Double?

    init(inverse: BootstrapInterval?) {
      func reciprocal(_ value: Double?) -> Double? { value.flatMap { $0 > 0 ? 1 / $0 : nil } }
      estimate = reciprocal(inverse?.estimate)
      lower = reciprocal(inverse?.upper)
      upper = reciprocal(inverse?.lower)
    }
  }

  /// [groups].
  public let shares: [WilsonInterval]
  /// The greatest share − the smallest, in [0, 1], with the bootstrap's interval of 95 %, every group resampled by itself.
  public let difference: BootstrapInterval
  public let ratio: Ratio

  /// - Parameters:
  ///   - hits: [groups][pictures of the group]: whether the picture is in the category.
  ///   - seed: of the intervals.
  /// - Throws: `EvaluationError` for fewer than two groups, or a group without a picture.
  public init(_ hits: [[Bool]], resamples: Int = 1000, seed: UInt64 = 0) throws(EvaluationError) {
    guard hits.count >= 2 else { throw EvaluationError("disparity", "there are fewer than two groups") }
    var shares: [WilsonInterval] = []
    for group in hits { shares.append(try WilsonInterval(count: group.count { $0 }, of: group.count)) }
    let intervals = try Bootstrap.stratified(
      of: hits.map { $0.map { $0 ? 1 : 0 } }, resamples: resamples, seed: seed
    ) { means in
      let (least, greatest) = (means.min() ?? 0, means.max() ?? 0)
      return [greatest - least, least / greatest]
    }
    guard let difference = intervals[0] else { throw EvaluationError("disparity", "there are no pictures") }
    (self.shares, self.difference) = (shares, difference)
    ratio = Ratio(inverse: intervals[1])
  }
}
