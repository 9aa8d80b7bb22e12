/// Level bars of shares, with intervals.
struct BarPlot {
  struct Bar {
    var label: String
    var estimate: PlotEstimate
    /// What a pointer on the bar is told beside the number.
    var detail = ""
    /// Which of `series` it belongs to.
    var series = 0
  }

  var title: String
  var bars: [Bar]
  /// Names of colours; empty where there is one.
  var series: [String] = []
  /// Whether the best comes first; otherwise bars keep their order.
  var isSorted = true
  /// Bars beyond this number are folded: the best and the worst are drawn.
  var most = 60

  private static let width = 480.0
  private static let step = 21.0

  /// What is drawn: bars, and nil where some are left out.
  private var rows: [Bar?] {
    let ordered = isSorted ? sorted : bars
    guard ordered.count > max(2, most) else { return ordered }
    let half = max(2, most) / 2
    return Array(ordered.prefix(half)) + [nil] + Array(ordered.suffix(half))
  }

  /// The best first; those without a number last; equal ones as they came.
  private var sorted: [Bar] {
    bars.enumerated().sorted { one, two in
      let values = (one.element.estimate.value, two.element.estimate.value)
      if values.0.isFinite != values.1.isFinite { return values.0.isFinite }
      return values.0.isFinite && values.0 != values.1 ? values.0 > values.1 : one.offset < two.offset
    }.map(\.element)
  }

  /// How many bars are not drawn.
  var folded: Int { bars.count > max(2, most) ? bars.count - max(2, most) / 2 * 2 : 0 }

  /// What is to be said where bars are folded; empty where none is.
  var note: String {
    let half = max(2, most) / 2
    return folded > 0 ? "The \(half) best and the \(half) worst of \(Quantity.count(bars.count)) are drawn." : ""
  }

  var svg: String {
    guard bars.contains(where: { $0.estimate.value.isFinite }) else { return SVG.empty(title) }
    let rows = rows
    let widest = rows.compactMap { $0 }.map { TextWidth.of($0.label, size: 12) }.max() ?? 0
    let left = min(max(widest, 40), 165) + 12
    let legend = series.count > 1 ? 30.0 : 8
    var svg = SVG(width: Self.width, height: legend + Double(rows.count) * Self.step + 28, title: title)
    if series.count > 1 {
      let styles = series.indices.map { "pale\(ReportStyle.colour($0))" }
      _ = svg.legend(series, x: left, y: 14, right: Self.width - 8, styles: styles)
    }
    let (bottom, scale) = (legend + Double(rows.count) * Self.step, Self.width - left - 64)
    for tick in 0...5 {
      let x = left + Double(tick) / 5 * scale
      svg.line((x, legend), (x, bottom), style: "grid")
      svg.text("\(tick * 20) %", x: x, y: bottom + 18, anchor: .middle, style: "label muted")
    }
    for (index, bar) in rows.enumerated() {
      let y = legend + Double(index) * Self.step
      if let bar {
        draw(bar, y: y, left: left, scale: scale, in: &svg)
      } else {
        svg.text("\(Quantity.count(folded)) more", x: left - 8, y: y + 14, anchor: .end, style: "label muted")
      }
    }
    return svg.markup
  }

  private func draw(_ bar: Bar, y: Double, left: Double, scale: Double, in svg: inout SVG) {
    func x(_ share: Double) -> Double { left + min(max(share, 0), 1) * scale }
    let label = TextWidth.fitted(bar.label, size: 12, room: left - 12)
    svg.text(label, x: left - 8, y: y + 14, anchor: .end)
    svg.text(bar.estimate.words, x: Self.width - 4, y: y + 14, anchor: .end)
    guard bar.estimate.value.isFinite else { return }
    let details = [bar.detail, bar.estimate.interval == nil ? "" : "95 % interval \(bar.estimate.intervalWords)"]
    let tip = (["\(bar.label): \(bar.estimate.words)"] + details.filter { !$0.isEmpty }).joined(separator: "; ")
    svg.rect(
      x: left, y: y + 3, width: x(bar.estimate.value) - left, height: Self.step - 6,
      style: "pale\(ReportStyle.colour(bar.series))", tip: tip)
    guard let interval = bar.estimate.interval else { return }
    let (from, to, middle) = (x(interval.lower), x(interval.upper), y + Self.step / 2)
    svg.line((from, middle), (to, middle), style: "whisker")
    for end in [from, to] { svg.line((end, middle - 3), (end, middle + 3), style: "whisker") }
  }
}
