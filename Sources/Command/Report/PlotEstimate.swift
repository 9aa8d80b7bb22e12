import Foundation

/// A share in 0…1, with the ends of its 95 % interval where they are known.
struct PlotEstimate: Hashable, Sendable {
  var value: Double
  var lower: Double?
  var upper: Double?

  init(_ value: Double, lower: Double? = nil, upper: Double? = nil) {
    (self.value, self.lower, self.upper) = (value, lower, upper)
  }

  /// The share of `total` that `count` is, with Wilson's score interval (Wilson 1927); no number where there is nothing.
  init(_ count: Int, of total: Int) {
    guard total > 0 else {
      self.init(.nan)
      return
    }
    let (n, share, z) = (Double(total), Double(count) / Double(total), 1.959_963_984_540_054)
    let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    let reach = z / (1 + z * z / n) * sqrt(max(0, share * (1 - share) / n + z * z / (4 * n * n)))
    self.init(share, lower: max(0, middle - reach), upper: min(1, middle + reach))
  }

  /// Both ends, where there are two numbers.
  var interval: (lower: Double, upper: Double)? {
    guard let lower, let upper, lower.isFinite, upper.isFinite else { return nil }
    return (min(lower, upper), max(lower, upper))
  }

  var words: String { value.isFinite ? Quantity.percent(value) : "–" }

  /// `81.2 % to 84.0 %`, or a dash.
  var intervalWords: String {
    interval.map { "\(Quantity.percent($0.lower)) to \(Quantity.percent($0.upper))" } ?? "–"
  }
}
