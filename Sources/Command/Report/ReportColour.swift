import Foundation

/// A colour of sRGB.
struct ReportColour: Hashable, Sendable {
  var red: Double
  var green: Double
  var blue: Double

  /// - Parameter code: 0xRRGGBB.
  init(_ code: UInt32) {
    red = Double(code >> 16 & 255) / 255
    green = Double(code >> 8 & 255) / 255
    blue = Double(code & 255) / 255
  }

  private init(red: Double, green: Double, blue: Double) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  var css: String {
    let parts = [red, green, blue].map { String(format: "%02x", Int((min(max($0, 0), 1) * 255).rounded())) }
    return "#" + parts.joined()
  }

  /// This colour, with `share` of another in it.
  func mixed(with other: ReportColour, _ share: Double) -> ReportColour {
    func mix(_ own: Double, _ other: Double) -> Double { own + (other - own) * share }
    return ReportColour(red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }

  /// The contrast ratio of WCAG 2.2, in 1…21.
  func contrast(with other: ReportColour) -> Double {
    let (one, two) = (luminance, other.luminance)
    return (max(one, two) + 0.05) / (min(one, two) + 0.05)
  }

  /// Black or white, whichever is better read on this colour; the better of them has a contrast above 4.5.
  var ink: ReportColour {
    let (black, white) = (ReportColour(0), ReportColour(0xffffff))
    return contrast(with: black) > contrast(with: white) ? black : white
  }

  private var luminance: Double {
    func linear(_ part: Double) -> Double { part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4) }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }
}

/// The colours of a page. Those of series are Okabe and Ito's (2008), which those who see few colours tell apart as well.
struct ReportPalette: Sendable {
  var background: ReportColour
  var panel: ReportColour
  var text: ReportColour
  var muted: ReportColour
  var grid: ReportColour
  var series: [ReportColour]
  /// The most of a heat map.
  var heat: ReportColour

  static let light = ReportPalette(
    background: ReportColour(0xffffff), panel: ReportColour(0xf5f7f9), text: ReportColour(0x1b1f24),
    muted: ReportColour(0x57606a), grid: ReportColour(0xdde1e6),
    series: [0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0x56b4e9, 0xe69f00].map { ReportColour($0) },
    heat: ReportColour(0x00507f))

  static let dark = ReportPalette(
    background: ReportColour(0x14171c), panel: ReportColour(0x1d2229), text: ReportColour(0xe6e8eb),
    muted: ReportColour(0xa3abb5), grid: ReportColour(0x343b45),
    series: [0x56b4e9, 0xe69f00, 0x009e73, 0xcc79a7, 0xf0e442, 0xd55e00].map { ReportColour($0) },
    heat: ReportColour(0x8fd3fb))

  /// Steps of a heat map above nothing.
  static let heatLevels = 10

  /// The colour of a step of a heat map: 0 for nothing.
  func heat(level: Int) -> ReportColour {
    level < 1 ? background : background.mixed(with: heat, 0.06 + 0.94 * Double(level) / Double(Self.heatLevels))
  }

  /// Custom properties of CSS.
  var variables: String {
    var all = [
      "--background: \(background.css)", "--panel: \(panel.css)", "--text: \(text.css)", "--muted: \(muted.css)",
      "--grid: \(grid.css)",
    ]
    for (index, colour) in series.enumerated() { all.append("--series\(index): \(colour.css)") }
    for level in 0...Self.heatLevels {
      let colour = heat(level: level)
      all.append("--heat\(level): \(colour.css)")
      all.append("--ink\(level): \(level < 1 ? muted.css : colour.ink.css)")
    }
    return all.joined(separator: "; ")
  }
}
