/// The categories' shares by group, for one choice of labels and one rule.
public struct BiasResult: Hashable, Sendable {
  /// The shares of the groups of one column.
  public struct Column: Hashable, Sendable {
    public let groups: BiasGroups
    /// [categories in `categories`].
    public let disparities: [BiasDisparity]
  }

  public let rule: BiasRule
  /// Categories whose labels could not be chosen.
  public let leftOut: [String]
  /// The other categories.
  public let categories: [String]
  public let columns: [Column]

  /// - Parameters:
  ///   - hits: [categories][pictures]: whether the picture has a label of the category.
  ///   - groups: [columns].
  /// - Throws: `EvaluationError` where a group has no picture.
  public init(
    rule: BiasRule, leftOut: [String], categories: [String], hits: [[Bool]], groups: [BiasGroups], seed: UInt64 = 0
  ) throws(EvaluationError) {
    (self.rule, self.leftOut, self.categories) = (rule, leftOut, categories)
    var columns: [Column] = []
    for column in groups {
      var disparities: [BiasDisparity] = []
      for values in hits { disparities.append(try BiasDisparity(column.split(values), seed: seed)) }
      columns.append(Column(groups: column, disparities: disparities))
    }
    self.columns = columns
  }
}
