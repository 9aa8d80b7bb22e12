import ArgumentParser
import Tensors

/// Where a command writes a page of its results.
struct ReportOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A page of plots and tables to write, in one HTML file.", valueName: "file"))
  var html: String?

  /// Whether a page is asked for: what only it tells need not be worked out otherwise.
  var isWanted: Bool { html != nil }

  /// Before the work: a page that cannot be written must not end it.
  func check() throws(Failure) {
    if let html { try OutputFile.check(html) }
  }

  /// Writes the page, where one is asked for, under a temporary name that becomes its own when it is complete.
  func write(_ report: @autoclosure () throws -> HTMLReport) throws {
    guard let html else { return }
    try AtomicFile.write(Array(report().html.utf8), to: html)
  }
}
