/// Which labels a picture gets, by their probabilities (Radford et al. 2021, section 7.1).
public enum BiasRule: Hashable, Sendable {
  /// The most probable label; of equal ones, the first.
  case top
  /// Every label whose probability is at least the threshold, in (0, 1]; there may be none, or several.
  case threshold(Double)

  /// - Throws: `EvaluationError` for a threshold out of range.
  public func check() throws(EvaluationError) {
    if case .threshold(let value) = self, !(value > 0 && value <= 1) {
      throw EvaluationError("threshold", "is \(value); it must be above 0 and at most 1")
    }
  }

  /// The indices of the labels that a picture gets.
  ///
  /// - Parameter probabilities: [labels], of one picture. The threshold is rounded to single precision, as they are.
  public func labels(_ probabilities: [Float]) -> [Int] {
    switch self {
    case .top:
      guard let first = probabilities.indices.first else { return [] }
      return [probabilities.indices.reduce(first) { probabilities[$1] > probabilities[$0] ? $1 : $0 }]
    case .threshold(let value): return probabilities.indices.filter { probabilities[$0] >= Float(value) }
    }
  }
}
