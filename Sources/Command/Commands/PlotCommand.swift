import ArgumentParser
import ClipGraph
import Foundation
import Tensors
import Training

/// `clipgraph plot metrics.jsonl -o curves.svg`.
struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot", abstract: "Draws the curves of training runs.",
    discussion: """
      Reads the files that `clipgraph train --metrics` writes, and draws loss, learning rate, logits' scale, throughput and \
      what validations found over the steps, as an SVG. Several files give curves of several colours. A run may still be \
      under way.

      Example:  clipgraph plot metrics.jsonl -o curves.svg
      """)

  @Argument(help: "Files of metrics.")
  var files: [String]

  @Option(name: [.short, .long], help: "The SVG to write.")
  var output: String

  @Option(help: ArgumentHelp("Steps over which the loss is averaged for the thick curve.", valueName: "steps"))
  var smooth = 50

  func validate() throws {
    if smooth < 1 { throw ValidationError("--smooth must be 1 or more, not \(smooth)") }
    if files.count > ChartColour.all.count {
      throw ValidationError("\(files.count) files are more than the \(ChartColour.all.count) colours there are")
    }
  }

  func run() throws {
    try OutputFile.check(output)
    let runs = try files.map { file in
      let lines = try MetricsLog.read(file)
      guard !lines.isEmpty else { throw Failure(file, "holds no step yet") }
      return CurveSheet.Run(name: (file as NSString).lastPathComponent, lines: lines)
    }
    let svg = CurveSheet(runs: runs, smoothing: smooth).svg
    do { try Data(svg.utf8).write(to: URL(fileURLWithPath: output), options: .atomic) } catch {
      throw Failure(output, "cannot be written: \(error.localizedDescription)")
    }
    let steps = runs.compactMap { $0.lines.last?.step }.max() ?? 0
    try StandardOutput.line("\(output): \(runs.count == 1 ? "a run" : "\(runs.count) runs") of \(steps) steps")
  }
}
