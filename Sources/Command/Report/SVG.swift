/// A drawing that stands in a page: its colours are classes of `ReportStyle`.
struct SVG {
  typealias Point = (x: Double, y: Double)

  enum Anchor: String {
    case start
    case middle
    case end
  }

  var width: Double
  var height: Double
  var title: String
  private var body = ""

  init(width: Double, height: Double, title: String) {
    (self.width, self.height, self.title) = (width, height, title)
  }

  /// A drawing of nothing, with a note that says so.
  static func empty(_ title: String, _ note: String = "There is nothing to draw.") -> String {
    var svg = SVG(width: 480, height: 56, title: title)
    svg.rect(x: 0.5, y: 0.5, width: 479, height: 55, style: "frame")
    svg.text(note, x: 240, y: 33, anchor: .middle, style: "label muted")
    return svg.markup
  }

  mutating func text(
    _ words: String, x: Double, y: Double, anchor: Anchor = .start, style: String = "label", turned: Double? = nil
  ) {
    let (x, y) = (PlotArea.place(x), PlotArea.place(y))
    let turn = turned.map { " transform=\"rotate(\(PlotArea.place($0)) \(x) \(y))\"" } ?? ""
    body += "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor.rawValue)\" class=\"\(style)\"\(turn)>"
    body += HTMLEscape.text(words) + "</text>\n"
  }

  mutating func line(_ from: Point, _ to: Point, style: String) {
    body += "<line x1=\"\(PlotArea.place(from.x))\" y1=\"\(PlotArea.place(from.y))\" "
    body += "x2=\"\(PlotArea.place(to.x))\" y2=\"\(PlotArea.place(to.y))\" class=\"\(style)\"/>\n"
  }

  /// - Parameter tip: what a pointer that rests there is told.
  mutating func rect(x: Double, y: Double, width: Double, height: Double, style: String, tip: String? = nil) {
    body += "<rect x=\"\(PlotArea.place(x))\" y=\"\(PlotArea.place(y))\" width=\"\(PlotArea.place(max(0, width)))\" "
    body += "height=\"\(PlotArea.place(max(0, height)))\" class=\"\(style)\"" + Self.ending("rect", tip)
  }

  mutating func circle(_ centre: Point, radius: Double, style: String, tip: String? = nil) {
    body += "<circle cx=\"\(PlotArea.place(centre.x))\" cy=\"\(PlotArea.place(centre.y))\" "
    body += "r=\"\(PlotArea.place(radius))\" class=\"\(style)\"" + Self.ending("circle", tip)
  }

  mutating func polyline(_ points: [Point], style: String) {
    guard points.count > 1 else { return }
    let places = points.map { "\(PlotArea.place($0.x)),\(PlotArea.place($0.y))" }.joined(separator: " ")
    body += "<polyline points=\"\(places)\" class=\"\(style)\"/>\n"
  }

  mutating func polygon(_ points: [Point], style: String) {
    guard points.count > 2 else { return }
    let places = points.map { "\(PlotArea.place($0.x)),\(PlotArea.place($0.y))" }.joined(separator: " ")
    body += "<polygon points=\"\(places)\" class=\"\(style)\"/>\n"
  }

  /// Cells of one size and style in one element.
  mutating func cells(_ places: [Point], size: Double, style: String) {
    guard !places.isEmpty else { return }
    let side = PlotArea.place(size)
    let path = places.map { "M\(PlotArea.place($0.x)) \(PlotArea.place($0.y))h\(side)v\(side)h-\(side)z" }.joined()
    body += "<path d=\"\(path)\" class=\"\(style)\"/>\n"
  }

  /// The grid, and the labels of the vertical axis.
  mutating func grid(of area: PlotArea) {
    body += area.uprights("class=\"grid\"") + area.levels("class=\"grid\"")
  }

  /// Grid, labels and names of both axes.
  mutating func axes(of area: PlotArea, x: String, y: String) {
    grid(of: area)
    body += area.columns
    let (middle, centre) = ((area.inset.left + area.right) / 2, (area.inset.top + area.bottom) / 2)
    text(x, x: middle, y: area.bottom + 40, anchor: .middle)
    text(y, x: 14, y: centre, anchor: .middle, turned: -90)
  }

  /// Coloured marks with names, line by line between `x` and `right`; gives the height of the lines.
  mutating func legend(_ names: [String], x: Double, y: Double, right: Double, styles: [String]) -> Double {
    var (place, line) = (x, y)
    for (name, style) in zip(names, styles) {
      let words = TextWidth.fitted(name, size: 12, room: right - x - 20)
      let width = TextWidth.of(words, size: 12) + 36
      if place > x, place + width - 16 > right { (place, line) = (x, line + 18) }
      rect(x: place, y: line - 9, width: 12, height: 10, style: style)
      text(words, x: place + 17, y: line)
      place += width
    }
    return line - y + 18
  }

  var markup: String {
    let name = HTMLEscape.text(title)
    let size = "width=\"\(PlotArea.place(width))\" height=\"\(PlotArea.place(height))\""
    let box = "viewBox=\"0 0 \(PlotArea.place(width)) \(PlotArea.place(height))\""
    let limits = "style=\"min-width: \(Int(width * 0.72))px; max-width: \(Int(width * 1.3))px\""
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"\(name)\" \(size) \(box) \(limits)>\n"
      + "<title>\(name)</title>\n\(body)</svg>\n"
  }

  private static func ending(_ element: String, _ tip: String?) -> String {
    guard let tip else { return "/>\n" }
    return "><title>\(HTMLEscape.text(tip))</title></\(element)>\n"
  }
}
