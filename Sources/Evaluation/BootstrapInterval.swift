/// A measure with the confidence interval that resampling gives it.
public struct BootstrapInterval: Hashable, Sendable, Codable {
  /// The measure of the examples themselves, in the unit of the values.
  public let estimate: Double
  /// The lower end of the interval, in the same unit.
  public let lower: Double
  /// The upper end of the interval, in the same unit.
  public let upper: Double
  /// The share of the resamples' measures that the interval covers, in (0, 1): 0.95 for a 95 % interval.
  public let confidence: Double
  /// Number of resamples.
  public let resamples: Int
  /// What the resamples depend on: the same seed and examples give the same interval on every machine.
  public let seed: UInt64

  /// Takes the percentiles (1 ∓ confidence) / 2 of `measures`, which must not be empty, with linear interpolation
  /// between neighbours, as NumPy's `percentile` does by default (definition 7 of Hyndman and Fan 1996).
  init(estimate: Double, measures: [Double], confidence: Double, seed: UInt64) {
    let sorted = measures.sorted()
    func quantile(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let below = min(Int(place), sorted.count - 1)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
    }
    (self.estimate, self.confidence, self.seed) = (estimate, confidence, seed)
    (lower, upper) = (quantile((1 - confidence) / 2), quantile((1 + confidence) / 2))
    resamples = sorted.count
  }
}
