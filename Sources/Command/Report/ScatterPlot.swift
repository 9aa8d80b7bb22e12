import Foundation

/// Shares of many models on one measure against those on another, on axes on which log(p / (1 − p)) is even, where such
/// points lie near a line (Taori et al. 2020; Miller et al. 2021).
struct ScatterPlot {
  struct Point {
    var label: String
    /// In 0…1.
    var x: Double
    /// In 0…1.
    var y: Double

    var isFinite: Bool { x.isFinite && y.isFinite }
  }

  /// logit(y) = slope · logit(x) + intercept.
  struct Fit {
    var slope: Double
    var intercept: Double

    func callAsFunction(_ x: Double) -> Double {
      let share = min(max(x, Axis.leastShare), 1 - Axis.leastShare)
      return 1 / (1 + exp(-(slope * log(share / (1 - share)) + intercept)))
    }
  }

  var title: String
  var xName: String
  var yName: String
  /// The models that the others are measured by.
  var baselines: [Point]
  var fit: Fit?
  /// The models that are measured.
  var models: [Point]

  private static let (width, height) = (490.0, 450.0)

  /// How far a point lies above the fit.
  func effectiveRobustness(_ point: Point) -> Double? {
    guard let fit, point.isFinite else { return nil }
    let value = point.y - fit(point.x)
    return value.isFinite ? value : nil
  }

  var svg: String {
    let (baselines, models) = (baselines.filter(\.isFinite), models.filter(\.isFinite))
    let all = baselines + models
    guard !all.isEmpty else { return SVG.empty(title) }
    let area = PlotArea(
      width: Self.width, height: Self.height, inset: (left: 64, right: 16, top: 40, bottom: 54),
      xs: Axis(shares: all.map(\.x)),
      ys: Axis(shares: all.map(\.y) + models.compactMap { fit?($0.x) }.filter(\.isFinite)))
    var svg = SVG(width: Self.width, height: Self.height, title: title)
    svg.axes(of: area, x: "\(xName), %", y: "\(yName), %")
    svg.polyline(path(area) { $0 }, style: "diagonal")
    if let fit { svg.polyline(path(area) { fit($0) }, style: "stroke0") }
    for point in baselines {
      svg.circle((area.x(point.x), area.y(point.y)), radius: 3, style: "point", tip: tip(point))
    }
    for point in models { draw(point, area, in: &svg) }
    legend(in: &svg, area)
    return svg.markup
  }

  /// The part of a curve that is within the area.
  private func path(_ area: PlotArea, _ curve: (Double) -> Double) -> [SVG.Point] {
    let steps = 400.0
    let (left, right) = (log(area.xs.low / (1 - area.xs.low)), log(area.xs.high / (1 - area.xs.high)))
    return stride(from: 0, through: steps, by: 1).compactMap { step in
      let x = 1 / (1 + exp(-(left + (right - left) * step / steps)))
      let y = curve(x)
      guard y.isFinite, y >= area.ys.low, y <= area.ys.high else { return nil }
      return (area.x(x), area.y(y))
    }
  }

  private func draw(_ point: Point, _ area: PlotArea, in svg: inout SVG) {
    let (x, y) = (area.x(point.x), area.y(point.y))
    var words = TextWidth.fitted(point.label, size: 12, room: 190)
    if let distance = effectiveRobustness(point), let fit {
      svg.line((x, area.y(fit(point.x))), (x, y), style: "stroke1")
      words += " \(Self.signed(distance))"
    }
    svg.circle((x, y), radius: 6, style: "fill1", tip: tip(point))
    let width = TextWidth.of(words, size: 12) * 1.08
    let isLeft = x - width - 18 > area.inset.left
    let (from, line) = (isLeft ? x - width - 14 : x + 12, min(max(y - 4, area.inset.top + 16), area.bottom - 8))
    svg.rect(x: from - 3, y: line - 13, width: width + 6, height: 18, style: "plate")
    svg.text(words, x: isLeft ? x - 12 : from, y: line, anchor: isLeft ? .end : .start, style: "label bold")
  }

  private func legend(in svg: inout SVG, _ area: PlotArea) {
    var x = 24.0
    func skip(_ words: String) { x += TextWidth.of(words, size: 12) + 42 }
    svg.line((x, 20), (x + 20, 20), style: "diagonal")
    svg.text("equal", x: x + 26, y: 24)
    skip("equal")
    if fit != nil {
      svg.line((x, 20), (x + 20, 20), style: "stroke0")
      svg.text("fit of the baselines", x: x + 26, y: 24)
      skip("fit of the baselines")
    }
    if baselines.contains(where: \.isFinite) {
      svg.circle((x + 12, 20), radius: 3, style: "point")
      svg.text("baselines", x: x + 22, y: 24)
      skip("baselines")
    }
    svg.circle((x + 10, 20), radius: 5, style: "fill1")
    svg.text("measured", x: x + 22, y: 24)
  }

  private func tip(_ point: Point) -> String {
    "\(point.label): \(Quantity.percent(point.x)), \(Quantity.percent(point.y))"
  }

  /// `+12.3` or `−1.0`: points of percent.
  static func signed(_ share: Double) -> String {
    guard share.isFinite else { return "–" }
    return (share < 0 ? "−" : "+") + Quantity.decimal(abs(share) * 100, 1)
  }
}
