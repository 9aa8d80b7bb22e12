import Foundation

/// A picture with a rectangle for data between two axes, whose labels are outside of it.
struct PlotArea {
  var width: Double
  var height: Double
  var inset: (left: Double, right: Double, top: Double, bottom: Double)
  var xs: Axis
  var ys: Axis

  var right: Double { width - inset.right }
  var bottom: Double { height - inset.bottom }

  func x(_ value: Double) -> Double { inset.left + xs.share(value) * (width - inset.left - inset.right) }

  func y(_ value: Double) -> Double { height - inset.bottom - ys.share(value) * (height - inset.top - inset.bottom) }

  /// A coordinate as SVG has it; 0 for what is no number.
  static func place(_ value: Double) -> String { String(format: "%.1f", value.isFinite ? value : 0) }

  /// A level line for every mark of the vertical axis, with `style`, and its label.
  func levels(_ style: String) -> String {
    var result = ""
    for tick in ys.ticks {
      let y = y(tick)
      result += "<line x1=\"\(inset.left)\" x2=\"\(width - inset.right)\" y1=\"\(Self.place(y))\" "
      result += "y2=\"\(Self.place(y))\" \(style)/>"
      result += "<text x=\"\(inset.left - 6)\" y=\"\(Self.place(y + 4))\" text-anchor=\"end\" class=\"label\">"
      result += "\(ys.label(tick))</text>\n"
    }
    return result
  }

  /// An upright line for every mark of the horizontal axis, with `style`.
  func uprights(_ style: String) -> String {
    xs.ticks.map { tick in
      let x = Self.place(x(tick))
      return "<line x1=\"\(x)\" x2=\"\(x)\" y1=\"\(inset.top)\" y2=\"\(bottom)\" \(style)/>\n"
    }.joined()
  }

  /// The labels below the horizontal axis.
  var columns: String {
    xs.ticks.map { tick in
      "<text x=\"\(Self.place(x(tick)))\" y=\"\(height - inset.bottom + 20)\" text-anchor=\"middle\" class=\"label\">"
        + "\(xs.label(tick))</text>\n"
    }.joined()
  }
}
