/// Shares over numbers that double, with intervals: accuracy over training pictures of each class.
struct CurvePlot {
  struct Point {
    /// Above 0.
    var x: Double
    var estimate: PlotEstimate

    var isFinite: Bool { x > 0 && x.isFinite && estimate.value.isFinite }
  }

  struct Curve {
    var name: String
    var points: [Point]
  }

  /// A level that curves are compared with.
  struct Level {
    var name: String
    var value: Double
  }

  var title: String
  var xName: String
  var yName: String
  var curves: [Curve]
  var levels: [Level] = []

  private static let (width, height) = (480.0, 340.0)

  var svg: String {
    let curves = curves.map { curve in
      Curve(name: curve.name, points: curve.points.filter(\.isFinite).sorted { $0.x < $1.x })
    }
    let levels = levels.filter(\.value.isFinite)
    let points = curves.flatMap(\.points)
    guard !points.isEmpty else { return SVG.empty(title) }
    let ends = points.compactMap(\.estimate.interval).flatMap { [$0.lower, $0.upper] }
    let values = (points.map(\.estimate.value) + ends + levels.map(\.value)).map { $0 * 100 }
    var svg = SVG(width: Self.width, height: Self.height, title: title)
    let names = curves.count > 1 ? curves.map(\.name) : []
    let styles = curves.indices.map { "fill\(ReportStyle.colour($0))" }
    let top = names.isEmpty ? 14 : 12 + svg.legend(names, x: 64, y: 18, right: Self.width - 16, styles: styles)
    let area = PlotArea(
      width: Self.width, height: Self.height, inset: (left: 64, right: 16, top: top, bottom: 54),
      xs: Axis(doubling: points.map(\.x)), ys: Axis(values, includesZero: false))
    svg.axes(of: area, x: xName, y: "\(yName), %")
    for level in levels { draw(level, area, in: &svg) }
    for (index, curve) in curves.enumerated() { draw(curve, ReportStyle.colour(index), area, in: &svg) }
    return svg.markup
  }

  private func draw(_ level: Level, _ area: PlotArea, in svg: inout SVG) {
    let y = area.y(level.value * 100)
    svg.line((area.inset.left, y), (area.right, y), style: "diagonal")
    let words = TextWidth.fitted("\(level.name) \(Quantity.percent(level.value))", size: 12, room: 300)
    svg.text(words, x: area.right - 4, y: y - area.inset.top > 20 ? y - 6 : y + 16, anchor: .end)
  }

  private func draw(_ curve: Curve, _ colour: Int, _ area: PlotArea, in svg: inout SVG) {
    func place(_ point: Point, _ share: Double) -> SVG.Point { (area.x(point.x), area.y(share * 100)) }
    let known = curve.points.compactMap { point in point.estimate.interval.map { (point, $0) } }
    if known.count == curve.points.count {
      let band = known.map { place($0, $1.upper) } + known.reversed().map { place($0, $1.lower) }
      svg.polygon(band, style: "band\(colour)")
    }
    svg.polyline(curve.points.map { place($0, $0.estimate.value) }, style: "stroke\(colour)")
    for (point, interval) in known {
      svg.line(place(point, interval.lower), place(point, interval.upper), style: "stroke\(colour)")
    }
    for point in curve.points {
      let tip = "\(curve.name), \(area.xs.label(point.x)): \(point.estimate.words)"
      svg.circle(place(point, point.estimate.value), radius: 4.5, style: "fill\(colour)", tip: tip)
    }
  }
}
