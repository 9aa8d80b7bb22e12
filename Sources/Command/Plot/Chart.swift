import Foundation

/// Colours that those who see few of them tell apart as well (Okabe and Ito 2008).
enum ChartColour {
  static let all = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"]
}

/// Curves over steps, with axes.
struct Chart {
  struct Curve {
    var points: [(x: Double, y: Double)]
    var colour: String
    var isFaint = false
    /// A mark at every point.
    var isDotted = false
  }

  var title: String
  var curves: [Curve]
  var startsAtZero = false

  static let width = 460.0
  static let height = 260.0
  private static let inset = (left: 58.0, right: 10.0, top: 26.0, bottom: 30.0)
  /// Points of a curve beyond which neighbours are drawn as one.
  private static let mostPoints = 800

  var isEmpty: Bool { curves.allSatisfy(\.points.isEmpty) }

  var svg: String {
    let points = curves.flatMap(\.points)
    let xs = Axis(points.map(\.x), includesZero: false)
    let ys = Axis(points.map(\.y), includesZero: startsAtZero)
    func x(_ value: Double) -> Double {
      Self.inset.left + xs.share(value) * (Self.width - Self.inset.left - Self.inset.right)
    }
    func y(_ value: Double) -> Double {
      Self.height - Self.inset.bottom - ys.share(value) * (Self.height - Self.inset.top - Self.inset.bottom)
    }
    func place(_ value: Double) -> String { String(format: "%.1f", value) }
    var result = "<text x=\"\(Self.inset.left)\" y=\"16\" class=\"title\">\(Self.escaped(title))</text>\n"
    for tick in ys.ticks {
      result += "<line x1=\"\(Self.inset.left)\" x2=\"\(Self.width - Self.inset.right)\" y1=\"\(place(y(tick)))\" "
      result += "y2=\"\(place(y(tick)))\" stroke=\"#ddd\"/>"
      result += "<text x=\"\(Self.inset.left - 6)\" y=\"\(place(y(tick) + 4))\" text-anchor=\"end\" class=\"label\">"
      result += "\(ys.label(tick))</text>\n"
    }
    for tick in xs.ticks {
      result += "<text x=\"\(place(x(tick)))\" y=\"\(Self.height - 10)\" text-anchor=\"middle\" class=\"label\">"
      result += "\(xs.label(tick))</text>\n"
    }
    for curve in curves where !curve.points.isEmpty {
      let path = Self.thinned(curve.points).map { "\(place(x($0.x))),\(place(y($0.y)))" }.joined(separator: " ")
      result += "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(curve.colour)\" "
      result += curve.isFaint ? "stroke-width=\"1\" opacity=\"0.25\"/>\n" : "stroke-width=\"1.8\"/>\n"
      guard curve.isDotted else { continue }
      for point in curve.points {
        result += "<circle cx=\"\(place(x(point.x)))\" cy=\"\(place(y(point.y)))\" r=\"3\" fill=\"\(curve.colour)\"/>"
      }
    }
    return result
  }

  /// Means of neighbours, so that there are not too many.
  private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    let size = (points.count + mostPoints - 1) / mostPoints
    guard size > 1 else { return points }
    return stride(from: 0, to: points.count, by: size).map { first in
      let group = points[first..<min(first + size, points.count)]
      return (
        group.reduce(0) { $0 + $1.x } / Double(group.count), group.reduce(0) { $0 + $1.y } / Double(group.count)
      )
    }
  }

  static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
  }
}

/// A range of numbers with round marks.
struct Axis {
  let low: Double
  let high: Double
  let ticks: [Double]
  private let step: Double

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
  }

  /// Where a value lies between the ends: 0 … 1.
  func share(_ value: Double) -> Double { (value - low) / (high - low) }

  func label(_ value: Double) -> String {
    let rounded = abs(value) < step / 2 ? 0 : value
    let size = max(abs(low), abs(high))
    if size >= 1e6 || size < 1e-3 { return String(format: "%.3g", rounded) }
    return String(format: "%.\(max(0, Int(-floor(log10(step)))))f", rounded)
  }
}
