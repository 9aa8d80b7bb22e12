/// What `Robustness` found.
public struct RobustnessResult: Hashable, Sendable {
  /// The reference set's name.
  public let name: String
  /// [reference pictures]: whether the right label is the best of all.
  public let reference: [Bool]
  /// [shifted sets], in the order given.
  public let shifts: [RobustnessShift]

  public func referenceAccuracy(seed: UInt64 = 0) throws(EvaluationError) -> BootstrapInterval {
    try Bootstrap.mean(of: reference.map { $0 ? 1 : 0 }, seed: seed)
  }
}
