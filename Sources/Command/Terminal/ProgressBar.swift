import Foundation

/// One line on stderr that is written over and over. Writes nothing where stderr is no terminal.
final class ProgressBar {
  private let title: String
  private let total: Int
  private let isShown: Bool
  private let start = Date()
  private var latest = Date.distantPast
  private var isDrawn = false

  /// - Parameter total: what `update` counts up to; 0 where that is unknown.
  init(_ title: String, total: Int, isShown: Bool = StandardError.isTerminal) {
    self.title = title
    self.total = total
    self.isShown = isShown
  }

  /// Draws `done` of `total` and `detail`, at most ten times a second.
  func update(_ done: Int, _ detail: String = "") {
    let now = Date()
    guard isShown, done >= total && total > 0 || now.timeIntervalSince(latest) > 0.1 else { return }
    latest = now
    isDrawn = true
    let line = ProgressBar.line(
      title, done: done, total: total, detail: detail, seconds: now.timeIntervalSince(start), width: width)
    StandardError.write("\r\u{1B}[K" + line)
  }

  /// Removes the line.
  func finish() {
    if isDrawn { StandardError.write("\r\u{1B}[K") }
    isDrawn = false
  }

  deinit { finish() }

  /// `title ━━━━━╌╌╌╌╌  45 %  detail  1:23 left`, at most `width` columns.
  static func line(
    _ title: String, done: Int, total: Int, detail: String, seconds: Double, width: Int
  ) -> String {
    guard total > 0 else { return String("\(title)  \(done)  \(detail)".prefix(width)) }
    let share = min(1, max(0, Double(done) / Double(total)))
    let left = share > 0 && share < 1 ? Quantity.duration(seconds / share * (1 - share)) + " left" : ""
    let percent = String(Int(share * 100))
    let tail = [String(repeating: " ", count: max(0, 3 - percent.count)) + percent + " %", detail, left]
      .filter { !$0.isEmpty }.joined(separator: "  ")
    let columns = min(30, width - title.count - tail.count - 3)
    guard columns >= 4 else { return String("\(title)  \(tail)".prefix(width)) }
    let filled = Int((share * Double(columns)).rounded())
    let bar = String(repeating: "━", count: filled) + String(repeating: "╌", count: columns - filled)
    return "\(title) \(bar) \(tail)"
  }

  private var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 79 }
    return Int(size.ws_col) - 1
  }
}
