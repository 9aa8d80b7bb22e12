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
    let area = PlotArea(
      width: Self.width, height: Self.height, inset: Self.inset, xs: Axis(points.map(\.x), includesZero: false),
      ys: Axis(points.map(\.y), includesZero: startsAtZero))
    let place = PlotArea.place
    var result = "<text x=\"\(Self.inset.left)\" y=\"16\" class=\"title\">\(Self.escaped(title))</text>\n"
    result += area.levels("stroke=\"#ddd\"") + area.columns
    for curve in curves where !curve.points.isEmpty {
      let path = Self.thinned(curve.points).map { "\(place(area.x($0.x))),\(place(area.y($0.y)))" }.joined(
        separator: " ")
      result += "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(curve.colour)\" "
      result += curve.isFaint ? "stroke-width=\"1\" opacity=\"0.25\"/>\n" : "stroke-width=\"1.8\"/>\n"
      guard curve.isDotted else { continue }
      for point in curve.points {
        result += "<circle cx=\"\(place(area.x(point.x)))\" cy=\"\(place(area.y(point.y)))\" r=\"3\" "
        result += "fill=\"\(curve.colour)\"/>"
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
