/// How accuracies compare, with intervals over the pictures of both sets, each resampled by itself.
public struct RobustnessMeasures: Hashable, Sendable {
  /// On the reference pictures of the set's classes, in [0, 1].
  public let referenceAccuracy: BootstrapInterval
  /// Under shift, in [0, 1].
  public let accuracy: BootstrapInterval
  /// Reference accuracy − accuracy, in [−1, 1].
  public let drop: BootstrapInterval
  /// Drop ÷ reference accuracy, at most 1; nil where the reference accuracy is 0.
  public let relativeDrop: BootstrapInterval?
  /// β(reference accuracy) of standard models, in [0, 1]; nil without a fit.
  public let expectedAccuracy: Double?
  /// The effective robustness ρ = accuracy − β(reference accuracy), in [−1, 1] (Taori et al. 2020, section 2).
  public let effectiveRobustness: BootstrapInterval?
}
