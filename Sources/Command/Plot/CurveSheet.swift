import Foundation
import Training

/// The curves of training runs on one page: a panel for every number that there is.
struct CurveSheet {
  struct Run {
    var name: String
    var lines: [TrainingMetrics]
  }

  var runs: [Run]
  /// Steps over which the loss is averaged.
  var smoothing: Int

  private static let columns = 2
  private static let margin = 24.0

  var svg: String {
    let panels = panels
    let rows = (panels.count + Self.columns - 1) / Self.columns
    let top = runs.count > 1 ? 48.0 : Self.margin
    let (width, height) = (Chart.width + Self.margin, Chart.height + Self.margin)
    let size = (
      width: Double(min(Self.columns, panels.count)) * width + Self.margin, height: Double(rows) * height + top
    )
    var body = ""
    if runs.count > 1 {
      var x = Self.margin
      for (index, run) in runs.enumerated() {
        body += "<rect x=\"\(x)\" y=\"18\" width=\"14\" height=\"4\" fill=\"\(ChartColour.all[index])\"/>"
        body += "<text x=\"\(x + 20)\" y=\"25\" class=\"label\">\(Chart.escaped(run.name))</text>\n"
        x += 44 + 7 * Double(run.name.count)
      }
    }
    for (index, panel) in panels.enumerated() {
      let x = Self.margin + Double(index % Self.columns) * width
      let y = top + Double(index / Self.columns) * height
      body += "<g transform=\"translate(\(x) \(y))\">\n\(panel.svg)</g>\n"
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(size.width)" height="\(size.height)" \
      viewBox="0 0 \(size.width) \(size.height)">
      <style>text { font-family: sans-serif; fill: #333 } .title { font-size: 14px; font-weight: bold } \
      .label { font-size: 11px }</style>
      <rect width="100%" height="100%" fill="white"/>
      \(body)</svg>

      """
  }

  private var hasValidation: Bool { runs.contains { $0.lines.contains { $0.validation?.loss != nil } } }

  /// Panels with at least one number.
  private var panels: [Chart] {
    let all = [
      Chart(title: hasValidation ? "loss (dots: validation)" : "loss", curves: lossCurves),
      Chart(title: "learning rate", curves: curves { $0.learningRate }, startsAtZero: true),
      Chart(title: "scale of the logits", curves: curves { $0.logitScale }),
      Chart(title: "samples per second", curves: curves { $0.samplesPerSecond }, startsAtZero: true),
      Chart(
        title: "zero-shot accuracy", curves: curves(dotted: true) { $0.validation?.zeroShotAccuracy },
        startsAtZero: true),
      Chart(title: "recall at 1, picture to caption", curves: recall { $0.imageToText?.atOne }, startsAtZero: true),
      Chart(title: "recall at 1, caption to picture", curves: recall { $0.textToImage?.atOne }, startsAtZero: true),
    ]
    return all.filter { !$0.isEmpty }
  }

  private func recall(_ number: (ValidationMetrics) -> Double?) -> [Chart.Curve] {
    curves(dotted: true) { $0.validation.flatMap(number) }
  }

  /// Every step's loss, thin, its mean over the last steps, and what validations found.
  private var lossCurves: [Chart.Curve] {
    var result = curves { $0.loss }
    for index in result.indices { result[index].isFaint = true }
    for (index, run) in runs.enumerated() {
      var curve = Chart.Curve(points: [], colour: ChartColour.all[index])
      var window: [Double] = []
      for line in run.lines {
        guard let loss = line.loss, loss.isFinite else { continue }
        window.append(loss)
        if window.count > smoothing { window.removeFirst() }
        curve.points.append((Double(line.step), window.reduce(0, +) / Double(window.count)))
      }
      result.append(curve)
    }
    return result + curves(dotted: true) { $0.validation?.loss }
  }

  private func curves(dotted: Bool = false, _ number: (TrainingMetrics) -> Double?) -> [Chart.Curve] {
    runs.enumerated().map { index, run in
      let points = run.lines.compactMap { line -> (Double, Double)? in
        guard let value = number(line), value.isFinite else { return nil }
        return (Double(line.step), value)
      }
      return Chart.Curve(points: points, colour: ChartColour.all[index], isDotted: dotted)
    }
  }
}
