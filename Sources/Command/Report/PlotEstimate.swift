/// A share in 0…1, with the ends of its 95 % interval where they are known.
struct PlotEstimate: Hashable, Sendable {
  var value: Double
  var lower: Double?
  var upper: Double?

  init(_ value: Double, lower: Double? = nil, upper: Double? = nil) {
    (self.value, self.lower, self.upper) = (value, lower, upper)
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
