import Evaluation

/// How often examples of every class were taken for every class.
struct HeatMap {
  var title: String
  var labels: [String]
  /// The right labels and the chosen ones that occur together.
  var cells: [ConfusionMatrix.Cell]

  /// Classes beyond which the map has blocks of several.
  static let mostLabels = 40
  private static let mostNumbers = 20
  private static let mostBlocks = 64

  /// Whether something was counted, and every class has a label.
  var isDrawn: Bool {
    cells.contains { $0.count > 0 }
      && cells.allSatisfy { labels.indices.contains($0.label) && labels.indices.contains($0.prediction) }
  }

  /// The pictures of each right label.
  private var totals: [Int] {
    cells.reduce(into: [Int](repeating: 0, count: labels.count)) { $0[$1.label] += $1.count }
  }

  /// Classes of one row of the map.
  var blockSize: Int {
    labels.count <= Self.mostLabels ? 1 : (labels.count + Self.mostBlocks - 1) / Self.mostBlocks
  }

  var svg: String {
    guard isDrawn else { return SVG.empty(title) }
    return labels.count <= Self.mostLabels ? labelled : blocks
  }

  /// The most frequent confusions: right label, chosen one, how often, and which share of the right label's.
  func confusions(_ most: Int) -> [(label: String, chosen: String, count: Int, share: Double)] {
    guard isDrawn else { return [] }
    let totals = totals
    let wrong = cells.filter { $0.label != $0.prediction && $0.count > 0 }
      .sorted { ($1.count, $0.label, $0.prediction) < ($0.count, $1.label, $1.prediction) }
    return wrong.prefix(max(0, most)).map { cell in
      let share = Double(cell.count) / Double(max(1, totals[cell.label]))
      return (labels[cell.label], labels[cell.prediction], cell.count, share)
    }
  }

  /// The step of the colours for a share: the square root spreads the small ones.
  private static func level(_ share: Double) -> Int {
    guard share > 0, share.isFinite else { return 0 }
    let levels = Double(ReportPalette.heatLevels)
    return Int(min(levels, max(1, (share.squareRoot() * levels).rounded(.up))))
  }

  private var labelled: String {
    let cell = labels.count <= 12 ? 36.0 : labels.count <= Self.mostNumbers ? 29 : 16
    let size = cell >= 16 && labels.count > Self.mostNumbers ? "label small" : "label"
    let points = size == "label" ? 12.0 : 10
    let room = min(max(30, labels.map { TextWidth.of($0, size: points) }.max() ?? 0), 130)
    let (left, top, side) = (room + 34, 10.0, cell * Double(labels.count))
    let below = room * 0.72 + 44
    var svg = SVG(width: max(left + side + 10, 400), height: top + side + below + 40, title: title)
    for (index, label) in labels.enumerated() {
      let (words, place) = (TextWidth.fitted(label, size: points, room: room), (Double(index) + 0.5) * cell)
      svg.text(words, x: left - 6, y: top + place + points / 3, anchor: .end, style: size)
      svg.text(words, x: left + place + points / 3, y: top + side + 12, anchor: .end, style: size, turned: -45)
    }
    let totals = totals
    for pair in cells where pair.count > 0 {
      let (x, y) = (left + Double(pair.prediction) * cell, top + Double(pair.label) * cell)
      let (count, share) = (pair.count, Double(pair.count) / Double(max(1, totals[pair.label])))
      let level = Self.level(share)
      let tip = "\(labels[pair.label]) taken for \(labels[pair.prediction]): \(count) (\(Quantity.percent(share)))"
      svg.rect(x: x, y: y, width: cell, height: cell, style: "heat\(level)", tip: tip)
      guard labels.count <= Self.mostNumbers else { continue }
      let style = count < 1000 && cell > 30 ? "label ink\(level)" : "label small ink\(level)"
      svg.text(Self.short(count), x: x + cell / 2, y: y + cell / 2 + 4, anchor: .middle, style: style)
    }
    svg.rect(x: left, y: top, width: side, height: side, style: "frame")
    names(of: &svg, x: left + side / 2, y: top + side / 2, below: top + side + below - 8)
    Self.scale(in: &svg, x: left, y: svg.height - 30)
    return svg.markup
  }

  private var blocks: String {
    let (block, side) = (blockSize, 430.0)
    let count = (labels.count + block - 1) / block
    let (cell, left, top) = (side / Double(count), 40.0, 10.0)
    var levels = [[SVG.Point]](repeating: [], count: ReportPalette.heatLevels + 1)
    var blockSums = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
    for pair in cells { blockSums[pair.label / block][pair.prediction / block] += pair.count }
    for (row, sums) in blockSums.enumerated() {
      let total = Double(max(1, sums.reduce(0, +)))
      for (column, sum) in sums.enumerated() where sum > 0 {
        levels[Self.level(Double(sum) / total)].append((left + Double(column) * cell, top + Double(row) * cell))
      }
    }
    var svg = SVG(width: left + side + 10, height: top + side + 78, title: title)
    for (level, places) in levels.enumerated() { svg.cells(places, size: cell, style: "heat\(level)") }
    svg.rect(x: left, y: top, width: side, height: side, style: "frame")
    names(of: &svg, x: left + side / 2, y: top + side / 2, below: top + side + 24)
    Self.scale(in: &svg, x: left, y: svg.height - 30)
    return svg.markup
  }

  private func names(of svg: inout SVG, x: Double, y: Double, below: Double) {
    svg.text("chosen", x: x, y: below, anchor: .middle, style: "label muted")
    svg.text("right", x: 14, y: y, anchor: .middle, style: "label muted", turned: -90)
  }

  private static func scale(in svg: inout SVG, x: Double, y: Double) {
    svg.text("share of the row", x: x, y: y + 10, style: "label small muted")
    let (first, step) = (x + 88, 22.0)
    for level in 1...ReportPalette.heatLevels {
      svg.rect(x: first + Double(level - 1) * step, y: y, width: step, height: 12, style: "heat\(level)")
      guard [1, 3, 5, 7, 10].contains(level) else { continue }
      let edge = Quantity.decimal(Double(level * level), 0) + " %"
      svg.text(edge, x: first + Double(level) * step, y: y + 25, anchor: .middle, style: "label small muted")
    }
  }

  /// At most four characters: `999`, `1.2k`, `12k`.
  static func short(_ count: Int) -> String {
    switch count.magnitude {
    case 0..<1000: "\(count)"
    case 1000..<9950: Quantity.decimal(Double(count) / 1000, 1) + "k"
    case 9950..<999_500: Quantity.decimal(Double(count) / 1000, 0) + "k"
    default: Quantity.decimal(Double(count) / 1e6, 0) + "M"
    }
  }
}
