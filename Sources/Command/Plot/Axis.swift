import Foundation

/// A range of numbers with round marks.
struct Axis {
  /// How numbers become places.
  private enum Scale {
    case linear
    /// Equal steps double.
    case binary
    /// log(p / (1 − p)): shares near 0 and 1 are spread.
    case logit

    func position(_ value: Double) -> Double {
      switch self {
      case .linear: value
      case .binary: log2(value)
      case .logit: log(value / (1 - value))
      }
    }
  }

  let low: Double
  let high: Double
  let ticks: [Double]
  private let step: Double
  private let scale: Scale

  init(_ values: [Double], includesZero: Bool) {
    // What goes beyond is not drawn to scale: its differences, or the marks between, would be no numbers.
    let all = (values.filter(\.isFinite) + (includesZero ? [0] : [])).map { min(max($0, -1e100), 1e100) }
    let (least, most) = (all.min() ?? 0, all.max() ?? 1)
    let magnitude = max(abs(least), abs(most))
    let spread = most > least ? max(most - least, 1e-9 * magnitude, 1e-100) : max(magnitude, 1e-12)
    let raw = spread / 4
    let power = pow(10, floor(log10(raw)))
    step = power * ([1, 2, 5].first { $0 * power >= raw } ?? 10)
    low = floor(least / step) * step
    high = max(ceil(most / step) * step, low + step)
    let (first, step, count) = (low, step, Int(((high - low) / step).rounded()))
    ticks = (0...max(1, count)).map { first + Double($0) * step }
    scale = .linear
  }

  /// From 0 to 100, marked at every twenty.
  static let percent = Axis()

  private init() {
    (low, high, step, scale) = (0, 100, 20, .linear)
    ticks = (0...5).map { 20 * Double($0) }
  }

  /// A logarithmic axis for numbers above 0, with a mark at every power of two, or at some of them.
  init(doubling values: [Double]) {
    let powers = values.filter { $0 > 0 && $0.isFinite }.map { log2($0) }
    let (least, most) = (powers.min() ?? 0, powers.max() ?? 1)
    let margin = max(0.25, (most - least) * 0.04)
    (low, high) = (exp2(least - margin), exp2(most + margin))
    let (first, last) = (Int(least.rounded(.up)), Int(most.rounded(.down)))
    ticks =
      first <= last
      ? stride(from: first, through: last, by: 1 + (last - first) / 10).map { exp2(Double($0)) } : [exp2(least)]
    (step, scale) = (1, .binary)
  }

  /// An axis for shares, on which log(p / (1 − p)) is even. Shares beyond `leastShare` and its opposite lie at its ends.
  init(shares values: [Double]) {
    let places = values.filter(\.isFinite).map { Scale.logit.position(Self.clamped($0)) }
    let (least, most) = (places.min() ?? -1, places.max() ?? 1)
    let margin = max(0.2, (most - least) * 0.06)
    func share(_ place: Double) -> Double { Self.clamped(1 / (1 + exp(-place))) }
    let (low, high) = (share(least - margin), share(most + margin))
    (self.low, self.high) = (low, high)
    let (start, length) = (Scale.logit.position(low), Scale.logit.position(high) - Scale.logit.position(low))
    var marks: [Double] = []
    for mark in Self.shareMarks where mark >= low && mark <= high {
      let place = Scale.logit.position(mark)
      guard marks.allSatisfy({ abs(Scale.logit.position($0) - place) >= length * 0.08 }) else { continue }
      if length > 0, place >= start { marks.append(mark) }
    }
    ticks = marks.sorted()
    (step, scale) = (0.001, .logit)
  }

  /// The least share that an axis of shares tells from 0.
  static let leastShare = 1e-4

  private static func clamped(_ share: Double) -> Double { min(max(share, leastShare), 1 - leastShare) }

  /// Round shares, those first that are marked before others.
  private static let shareMarks =
    [0.5, 0.1, 0.9, 0.01, 0.99, 0.001, 0.999, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6]
    + [0.05, 0.95, 0.02, 0.98, 0.005, 0.995, 0.002, 0.998]
    + (3..<19).map { Double($0) / 20 } + (1..<50).map { Double($0) / 50 }

  /// Where a value lies between the ends: 0 … 1.
  func share(_ value: Double) -> Double {
    let value = scale == .logit ? Self.clamped(value) : value
    let (first, last) = (scale.position(low), scale.position(high))
    return (scale.position(value) - first) / (last - first)
  }

  func label(_ value: Double) -> String {
    switch scale {
    case .binary: return String(format: "%.4g", value)
    case .logit: return String(format: "%.4g", value * 100)
    case .linear: break
    }
    let rounded = abs(value) < step / 2 ? 0 : value
    let size = max(abs(low), abs(high))
    if size >= 1e6 || size < 1e-3 { return String(format: "%.3g", rounded) }
    return String(format: "%.\(max(0, Int(-floor(log10(step)))))f", rounded)
  }
}
