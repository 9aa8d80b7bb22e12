/// How often a model is right, over how sure it is: bars for bins of confidence, and below them how much is in each.
struct ReliabilityPlot {
  struct Bin {
    /// The edges, in 0…1.
    var lower: Double
    var upper: Double
    /// The mean confidence; nil where the bin is empty.
    var confidence: Double?
    /// The share that is right; nil where the bin is empty.
    var accuracy: Double?
    var count: Int
  }

  var title: String
  var bins: [Bin]
  /// The expected calibration error.
  var error: Double

  private static let width = 480.0
  private static let side = 370.0
  private static let strip = 90.0

  /// Bins that can be drawn.
  private var shown: [(bin: Bin, confidence: Double, accuracy: Double)] {
    bins.compactMap { bin in
      guard bin.count > 0, let confidence = bin.confidence, let accuracy = bin.accuracy, confidence.isFinite,
        accuracy.isFinite, bin.lower.isFinite, bin.upper.isFinite
      else { return nil }
      return (bin, min(max(confidence, 0), 1), min(max(accuracy, 0), 1))
    }
  }

  var svg: String {
    let shown = shown
    guard !shown.isEmpty else { return SVG.empty(title) }
    let area = PlotArea(
      width: Self.width, height: Self.side, inset: (left: 64, right: 14, top: 12, bottom: 20), xs: .percent,
      ys: .percent)
    var svg = SVG(width: Self.width, height: Self.side + Self.strip + 50, title: title)
    svg.grid(of: area)
    svg.text("right, %", x: 14, y: (area.inset.top + area.bottom) / 2, anchor: .middle, turned: -90)
    for entry in shown {
      let (left, right, top) = (
        area.x(entry.bin.lower * 100), area.x(entry.bin.upper * 100), area.y(entry.accuracy * 100)
      )
      let tip =
        "confidence \(Quantity.percent(entry.confidence)): \(Quantity.percent(entry.accuracy)) right, "
        + "of \(Quantity.count(entry.bin.count))"
      svg.rect(
        x: left + 0.5, y: top, width: right - left - 1, height: area.bottom - top, style: "pale0", tip: tip)
    }
    svg.line((area.x(0), area.y(0)), (area.x(100), area.y(100)), style: "diagonal")
    for entry in shown {
      let x = area.x(entry.confidence * 100)
      svg.line((x, area.y(entry.confidence * 100)), (x, area.y(entry.accuracy * 100)), style: "stroke1")
      svg.circle((x, area.y(entry.accuracy * 100)), radius: 3.5, style: "fill1")
    }
    if error.isFinite {
      let words = "expected calibration error \(Quantity.percent(error))"
      svg.rect(x: 72, y: 19, width: TextWidth.of(words, size: 12) + 22, height: 24, style: "plate")
      svg.text(words, x: 80, y: 35, style: "label bold")
    }
    histogram(shown.map(\.bin), area, in: &svg)
    return svg.markup
  }

  private func histogram(_ bins: [Bin], _ area: PlotArea, in svg: inout SVG) {
    let (top, bottom) = (area.bottom + 34, area.bottom + 20 + Self.strip)
    let most = Double(bins.map(\.count).max() ?? 1)
    svg.line((area.inset.left, bottom), (area.right, bottom), style: "grid")
    for bin in bins {
      let (left, right) = (area.x(bin.lower * 100), area.x(bin.upper * 100))
      let height = max(1, Double(bin.count) / most * (bottom - top))
      svg.rect(x: left + 0.5, y: bottom - height, width: right - left - 1, height: height, style: "pale0")
      guard right - left >= 20 else { continue }
      svg.text(
        HeatMap.short(bin.count), x: (left + right) / 2, y: bottom - height - 4, anchor: .middle, style: "label small")
    }
    svg.text("pictures", x: 14, y: (top + bottom) / 2, anchor: .middle, turned: -90)
    for tick in area.xs.ticks {
      svg.text(area.xs.label(tick), x: area.x(tick), y: bottom + 18, anchor: .middle)
    }
    svg.text("confidence, %", x: (area.inset.left + area.right) / 2, y: bottom + 38, anchor: .middle)
  }

  /// The bins as numbers.
  var table: HTMLTable {
    var table = HTMLTable(columns: [.text("Confidence"), .number("Mean"), .number("Right"), .number("Pictures")])
    for entry in shown {
      table.rows.append([
        "\(Quantity.percent(entry.bin.lower)) to \(Quantity.percent(entry.bin.upper))",
        Quantity.percent(entry.confidence),
        Quantity.percent(entry.accuracy), Quantity.count(entry.bin.count),
      ])
    }
    return table
  }
}
