/// Right and wrong answers on a shifted set, and on the reference pictures that it is compared with.
public struct RobustnessShift: Hashable, Sendable {
  public let name: String
  /// Labels that the pictures choose among.
  public let classes: Int
  /// [reference pictures of the set's classes]: whether the right label is the best of the set's.
  public let reference: [Bool]
  /// [shifted pictures]: the same.
  public let shifted: [Bool]

  public init(name: String, classes: Int, reference: [Bool], shifted: [Bool]) {
    (self.name, self.classes, self.reference, self.shifted) = (name, classes, reference, shifted)
  }

  /// - Parameter fit: the line of standard models; its uncertainty is not in the intervals.
  /// - Throws: `EvaluationError` where one of the sets has no picture.
  public func measures(fit: RobustnessFit? = nil, seed: UInt64 = 0) throws(EvaluationError) -> RobustnessMeasures {
    let groups = [reference, shifted].map { $0.map { $0 ? 1.0 : 0.0 } }
    let intervals = try Bootstrap.stratified(of: groups, seed: seed) { means in
      let (reference, shifted) = (means[0], means[1])
      var statistics = [reference, shifted, reference - shifted, (reference - shifted) / reference]
      if let fit { statistics.append(shifted - fit.expected(reference)) }
      return statistics
    }
    guard let reference = intervals[0], let shifted = intervals[1], let drop = intervals[2] else {
      throw EvaluationError(name, "has no accuracy")
    }
    return RobustnessMeasures(
      referenceAccuracy: reference, accuracy: shifted, drop: drop, relativeDrop: intervals[3],
      expectedAccuracy: fit?.expected(reference.estimate), effectiveRobustness: fit == nil ? nil : intervals[4])
  }

  /// The relative robustness τ = accuracy under shift − that of the model before an intervention, in [−1, 1], on the same
  /// pictures, which are resampled in pairs (Taori et al. 2020, section 2).
  ///
  /// - Parameter earlier: of the model before the intervention.
  /// - Throws: `EvaluationError` where the pictures differ in number, or there are none.
  public func relativeRobustness(
    to earlier: RobustnessShift, seed: UInt64 = 0
  ) throws(EvaluationError) -> BootstrapInterval {
    guard earlier.shifted.count == shifted.count else {
      throw EvaluationError(
        name, "there are \(shifted.count) pictures, but \(earlier.shifted.count) of the model to compare with")
    }
    return try Bootstrap.mean(of: zip(shifted, earlier.shifted).map { ($0 ? 1 : 0) - ($1 ? 1 : 0) }, seed: seed)
  }
}
