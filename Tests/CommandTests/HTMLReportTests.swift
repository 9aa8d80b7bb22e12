import Evaluation
import Foundation
import FoundationXML
import Testing

@testable import Command

/// Pages of results: what is drawn is well-formed, whatever the labels and numbers are.
struct HTMLReportTests {
  private static let hostile = "<b>&\"'\u{0}\u{1B}\u{202E}犬"

  /// The text and the attributes of what is well-formed XML; nil for what is not.
  private final class Reader: NSObject, XMLParserDelegate {
    var text = ""
    var attributes: [String] = []
    var elements: [String: Int] = [:]

    static func read(_ xml: String) -> Reader? {
      let (reader, parser) = (Reader(), XMLParser(data: Data(xml.utf8)))
      parser.delegate = reader
      return parser.parse() ? reader : nil
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(
      _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName qName: String?,
      attributes attributeDict: [String: String]
    ) {
      elements[elementName, default: 0] += 1
      for (name, value) in attributeDict where name != "aria-label" && name != "class" && name != "style" {
        attributes.append(value)
      }
    }
  }

  /// Reads a drawing; it has a name, a role, and no number that is none.
  private func drawing(_ svg: String) throws -> Reader {
    let reader = try #require(Reader.read(svg), "\(svg.prefix(400))")
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains("role=\"img\"") && svg.contains("<title>"))
    for value in reader.attributes {
      let words = value.lowercased()
      #expect(!words.contains("nan") && !words.contains("inf"), "\(value)")
    }
    return reader
  }

  private func drawings(of report: HTMLReport) -> [String] {
    report.sections.flatMap(\.blocks).compactMap { block in
      if case .figure(let svg, _) = block { svg } else { nil }
    }
  }

  @Test(arguments: [
    ("a < b & c > d", "a &lt; b &amp; c &gt; d"), ("\"it's\"", "&quot;it&#39;s&quot;"),
    ("a\u{0}b\nc", "a\u{FFFD}b\u{FFFD}c"),
    ("\u{202E}x\u{2066}\u{FFFF}", "\u{FFFD}x\u{FFFD}\u{FFFD}"), ("犬 é 🐕", "犬 é 🐕"), ("", ""),
  ])
  func textIsEscaped(text: String, escaped: String) { #expect(HTMLEscape.text(text) == escaped) }

  @Test func wilsonsIntervals() throws {
    let estimate = PlotEstimate(8, of: 10)
    let interval = try #require(estimate.interval)
    #expect(estimate.value == 0.8)
    // statsmodels' proportion_confint(8, 10, method="wilson").
    #expect(abs(interval.lower - 0.490_162) < 1e-5 && abs(interval.upper - 0.943_318) < 1e-5)
    #expect(PlotEstimate(0, of: 5).interval?.lower == 0 && PlotEstimate(5, of: 5).interval?.upper == 1)
    #expect(PlotEstimate(0, of: 0).value.isNaN && PlotEstimate(0, of: 0).words == "–")
  }

  @Test func textCanBeReadInBothSchemes() {
    for palette in [ReportPalette.light, .dark] {
      for ground in [palette.background, palette.panel] {
        #expect(palette.text.contrast(with: ground) >= 7 && palette.muted.contrast(with: ground) >= 4.5)
      }
      for colour in palette.series { #expect(colour.contrast(with: palette.background) >= 2.2, "\(colour.css)") }
      for level in 1...ReportPalette.heatLevels {
        let colour = palette.heat(level: level)
        #expect(colour.ink.contrast(with: colour) >= 4.5, "\(colour.css)")
      }
    }
    #expect(ReportColour(0x0072b2).css == "#0072b2")
    #expect(abs(ReportColour(0).contrast(with: ReportColour(0xffffff)) - 21) < 1e-9)
  }

  @Test(arguments: [1, 3, 20, 21, 40, 41, 150])
  func zeroShotPagesAreWhole(classes: Int) throws {
    let scores = (0..<classes).map { ClassScore(label: "\(Self.hostile) \($0)", samples: $0, correct: $0 / 2) }
    let counts = (0..<classes).map { row in (0..<classes).map { ($0 * 7 + row * 3) % 11 == 0 ? $0 + 1 : 0 } }
    let bins = [
      ReliabilityPlot.Bin(lower: 0, upper: 0.5, confidence: 0.4, accuracy: 0.3, count: 12_345),
      ReliabilityPlot.Bin(lower: 0.5, upper: 1, confidence: nil, accuracy: nil, count: 0),
    ]
    let report = HTMLReport(
      zeroShot: Self.hostile, data: Self.hostile, summary: [(name: Self.hostile, value: Self.hostile)], classes: scores,
      confusion: cells(counts), calibration: (bins: bins, error: 0.1), notes: [Self.hostile])
    let html = report.html
    #expect(html.hasPrefix("<!DOCTYPE html>\n") && html.hasSuffix("</html>\n"))
    #expect(!html.contains("<b>") && !html.contains("\u{0}") && !html.contains("\u{1B}") && !html.contains("\u{202E}"))
    #expect(!html.contains("src=") && !html.contains("href=") && !html.contains("url("))
    let svgs = drawings(of: report)
    #expect(svgs.count == 3)
    for svg in svgs { _ = try drawing(svg) }
    let bars = try drawing(svgs[0])
    #expect(bars.text.contains("more") == (classes > 60))
    for heading in ["Accuracy of each class", "Confusions", "Calibration", "Notes"] {
      #expect(html.contains("<h2>\(heading)</h2>"), "\(heading)")
    }
  }

  @Test func theBestBarsComeFirst() throws {
    let values = [0.2, .nan, 0.9, 0.5]
    var plot = BarPlot(
      title: "t",
      bars: values.enumerated().map { BarPlot.Bar(label: "bar\($0.offset)", estimate: PlotEstimate($0.element)) })
    func places(_ text: String) -> [Int] {
      (0..<4).compactMap { text.range(of: "bar\($0)").map { text.distance(from: text.startIndex, to: $0.lowerBound) } }
    }
    let sorted = places(try drawing(plot.svg).text)
    #expect(sorted.indices.sorted { sorted[$0] < sorted[$1] } == [2, 3, 0, 1])
    plot.isSorted = false
    let kept = places(try drawing(plot.svg).text)
    #expect(kept == kept.sorted() && kept.count == 4 && plot.note.isEmpty && plot.folded == 0)
    plot.most = 2
    #expect(plot.folded == 2 && plot.note.contains("1 best"))
    _ = try drawing(plot.svg)
  }

  /// The pairs that occur of [labels][predictions].
  private func cells(_ counts: [[Int]]) -> [ConfusionMatrix.Cell] {
    counts.enumerated().flatMap { label, row in
      row.enumerated().filter { $0.element > 0 }.map { .init(label: label, prediction: $0.offset, count: $0.element) }
    }
  }

  @Test func confusionsAreOrdered() {
    let map = HeatMap(title: "t", labels: ["a", "b", "c"], cells: cells([[5, 1, 4], [0, 9, 1], [0, 0, 0]]))
    let found = map.confusions(2)
    #expect(found.map(\.label) == ["a", "a"] && found.map(\.chosen) == ["c", "b"] && found.map(\.count) == [4, 1])
    #expect(found.first?.share == 0.4)
    #expect(HeatMap(title: "t", labels: ["a"], cells: cells([[1, 2]])).confusions(5).isEmpty)
  }

  @Test func nothingIsDrawnAsNothing() throws {
    let (nan, infinity) = (Double.nan, Double.infinity)
    let point = ScatterPlot.Point(label: "x", x: nan, y: 0.5)
    let bin = ReliabilityPlot.Bin(lower: 0, upper: 1, confidence: nan, accuracy: nan, count: 3)
    let curve = CurvePlot.Curve(
      name: "c",
      points: [
        CurvePlot.Point(x: 0, estimate: PlotEstimate(0.5)), CurvePlot.Point(x: 1, estimate: PlotEstimate(nan)),
        CurvePlot.Point(x: infinity, estimate: PlotEstimate(0.5)),
      ])
    for svg in [
      BarPlot(title: "t", bars: []).svg,
      BarPlot(title: "t", bars: [BarPlot.Bar(label: "x", estimate: PlotEstimate(nan))]).svg,
      HeatMap(title: "t", labels: [], cells: []).svg, HeatMap(title: "t", labels: ["a"], cells: []).svg,
      HeatMap(title: "t", labels: ["a"], cells: cells([[0, 1]])).svg,
      ReliabilityPlot(title: "t", bins: [], error: nan).svg, ReliabilityPlot(title: "t", bins: [bin], error: 0).svg,
      ScatterPlot(title: "t", xName: "x", yName: "y", baselines: [], fit: nil, models: [point]).svg,
      CurvePlot(title: "t", xName: "x", yName: "y", curves: [curve]).svg,
      CurvePlot(title: "t", xName: "x", yName: "y", curves: []).svg,
    ] {
      #expect(try drawing(svg).text.contains("There is nothing to draw."))
    }
  }

  @Test func oddNumbersAreDrawn() throws {
    let (nan, infinity) = (Double.nan, Double.infinity)
    let bars = [0.5, nan, infinity, -3, 7].map {
      BarPlot.Bar(label: "x", estimate: PlotEstimate($0, lower: nan, upper: 2), series: -1)
    }
    _ = try drawing(BarPlot(title: "t", bars: bars, series: ["a", "b"]).svg)
    let points = [(0.0, 0.0), (1, 1), (0.5, nan), (0.5, 0.5)].map { ScatterPlot.Point(label: "x", x: $0.0, y: $0.1) }
    for slope in [1, -1e9, nan] {
      let plot = ScatterPlot(
        title: "t", xName: "x", yName: "y", baselines: points, fit: ScatterPlot.Fit(slope: slope, intercept: 0.5),
        models: points)
      _ = try drawing(plot.svg)
    }
    let curve = CurvePlot.Curve(
      name: "c", points: [CurvePlot.Point(x: 3, estimate: PlotEstimate(0.5, lower: 0.5, upper: nan))])
    let levels = [CurvePlot.Level(name: "l", value: nan), CurvePlot.Level(name: "m", value: 0.5)]
    #expect(
      try drawing(CurvePlot(title: "t", xName: "x", yName: "y", curves: [curve], levels: levels).svg).text.contains(
        "m 50.0 %"))
  }

  @Test func robustnessIsTheDistanceToTheFit() throws {
    let model = ScatterPlot.Point(label: "clip", x: 0.5, y: 0.75)
    let shift = HTMLReport.RobustnessShift(
      name: "sketches", baselines: [ScatterPlot.Point(label: "b", x: 0.6, y: 0.55)],
      fit: ScatterPlot.Fit(slope: 1, intercept: 0), models: [model])
    let report = HTMLReport(robustness: "clip.onnx", reference: "pictures", shifts: [shift])
    let svg = try #require(drawings(of: report).first)
    #expect(try drawing(svg).text.contains("clip +25.0"))
    #expect(report.html.contains("+25.0 points"))
    #expect(ScatterPlot.signed(-0.01) == "−1.0" && ScatterPlot.signed(.nan) == "–")
  }

  @Test func probesAndRetrievalHavePages() throws {
    let probes = [1, 2, 16, nil].map { shots in
      HTMLReport.Probe(
        shots: shots, trainingPictures: 10, accuracy: PlotEstimate(0.5, lower: 0.4, upper: 0.6), meanPerClass: 0.5,
        lambda: 0.001)
    }
    let curve = HTMLReport(linearProbe: "m", training: "a", test: "b", summary: [], probes: probes)
    let svg = try drawing(try #require(drawings(of: curve).first))
    #expect(svg.elements["circle"] == 3 && svg.text.contains("all pictures 50.0 %"))
    let one = HTMLReport(linearProbe: "m", training: "a", test: "b", summary: [], probes: Array(probes.suffix(1)))
    #expect(drawings(of: one).isEmpty && one.html.contains("<table>"))

    let recalls = [1, 5, 10].map { (k: $0, estimate: PlotEstimate($0, of: 20)) }
    let directions = ["picture → caption", "caption → picture"].map {
      HTMLReport.RetrievalDirection(name: $0, recalls: recalls, medianRank: 1.5, queries: 20)
    }
    let retrieval = HTMLReport(retrieval: "m", data: "d", directions: directions)
    #expect(try drawing(try #require(drawings(of: retrieval).first)).text.contains("R@10, caption → picture"))
  }

  @Test func axesOfSharesHaveMarksThatFit() {
    for values in [[0.0, 1.0], [0.5, 0.5], [0.7, 0.72], [0.001, 0.999], [], [Double.nan]] {
      let axis = Axis(shares: values)
      #expect(axis.low < axis.high && axis.ticks == axis.ticks.sorted())
      #expect(axis.ticks.allSatisfy { (0...1).contains(axis.share($0)) })
      #expect((0...1).contains(axis.share(values.first.map { $0.isNaN ? 0.5 : $0 } ?? 0.5)))
    }
    let doubling = Axis(doubling: [1, 16])
    #expect(doubling.ticks == [1, 2, 4, 8, 16] && doubling.ticks.map(doubling.label) == ["1", "2", "4", "8", "16"])
    #expect(Axis(doubling: [3]).ticks == [3] && Axis(doubling: []).ticks == [1, 2])
  }
}
