/// A share of examples with Wilson's score interval of 95 % (Wilson 1927, Probable Inference, the Law of Succession, and
/// Statistical Inference), which also holds for few examples and for shares of 0 and 1.
///
/// Its ends are (p + z²/2n ∓ z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n), where p is the share of n examples and z the normal
/// distribution's 0.975 quantile.
public struct WilsonInterval: Hashable, Sendable, Codable {
  /// Examples that count.
  public let count: Int
  /// All examples.
  public let examples: Int
  /// count / examples, in [0, 1].
  public let estimate: Double
  /// The lower end, in [0, 1].
  public let lower: Double
  /// The upper end, in [0, 1].
  public let upper: Double

  /// - Throws: `EvaluationError` where there are no examples, or `count` is not in 0...examples.
  public init(count: Int, of examples: Int) throws(EvaluationError) {
    guard examples >= 1 else { throw EvaluationError("share", "there are no examples") }
    guard (0...examples).contains(count) else {
      throw EvaluationError("share", "\(count) of \(examples) examples is no share")
    }
    let (n, share) = (Double(examples), Double(count) / Double(examples))
    let z = 1.959963984540054
    let scale = 1 + z * z / n
    let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    (self.count, self.examples, estimate) = (count, examples, share)
    lower = count == 0 ? 0 : (share + z * z / (2 * n) - half) / scale
    upper = count == examples ? 1 : (share + z * z / (2 * n) + half) / scale
  }
}
