import Datasets

extension Bootstrap {
  /// The intervals of statistics of the means of several groups, such as the difference of two accuracies, or the spread of a
  /// share over groups. Every group is resampled by itself, in order, so that each keeps its size (Davison and Hinkley 1997,
  /// Bootstrap Methods and their Application, section 3.2).
  ///
  /// - Parameters:
  ///   - groups: [groups][examples], finite, in any unit; no group is empty.
  ///   - confidence: in (0, 1).
  ///   - resamples: at least 1.
  ///   - seed: what the resamples depend on.
  ///   - statistics: from [groups], the means, to [statistics]. One that is not finite is undefined there: such a resample is
  ///     left out of that statistic's interval.
  /// - Returns: [statistics]; nil for a statistic that is undefined for the examples themselves or for every resample.
  /// - Throws: `EvaluationError` as `mean(of:confidence:resamples:seed:)`, and where there are no groups.
  public static func stratified(
    of groups: [[Double]], confidence: Double = 0.95, resamples: Int = 1000, seed: UInt64 = 0,
    statistics: ([Double]) -> [Double]
  ) throws(EvaluationError) -> [BootstrapInterval?] {
    guard !groups.isEmpty else { throw EvaluationError(name, "there are no groups") }
    for group in groups { try check(group, confidence, resamples) }
    var generator = SeededGenerator(state: seed)
    let estimates = statistics(groups.map { $0.reduce(0, +) / Double($0.count) })
    var measures = [[Double]](repeating: [], count: estimates.count)
    for _ in 0..<resamples {
      let means = groups.map { group in
        var sum = 0.0
        for _ in group.indices { sum += group[generator.index(below: group.count)] }
        return sum / Double(group.count)
      }
      for (index, measure) in statistics(means).enumerated() where measure.isFinite {
        measures[index].append(measure)
      }
    }
    return zip(estimates, measures).map { estimate, measures in
      guard estimate.isFinite, !measures.isEmpty else { return nil }
      return BootstrapInterval(estimate: estimate, measures: measures, confidence: confidence, seed: seed)
    }
  }
}
