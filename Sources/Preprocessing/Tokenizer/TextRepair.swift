import Foundation

/// ftfy's repairs with its default configuration, but for the repair of wrongly decoded text.
///
/// Source: `TextFixerConfig` of ftfy 6. Line by line until nothing changes: HTML entities (unless a “<” was seen), C1
/// controls as Windows-1252, Latin ligatures, character widths, straight quotes, line breaks, terminal escapes, control
/// characters, NFC. Surrogates cannot occur in Swift's texts.
enum TextRepair {
  /// Passes over a line. Only nested escapes (`&amp;amp;amp;…`) take more than three; deeper ones stay.
  private static let mostPasses = 32

  static func repair(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var out: [Unicode.Scalar] = []
    out.reserveCapacity(text.count)
    var unescapes = true
    var from = 0
    while from < text.count {
      let to = (text[from...].firstIndex(of: "\n") ?? text.count - 1) + 1
      let line = Array(text[from..<to])
      if line.contains("<") { unescapes = false }
      out += repair(line: line, unescapes: unescapes)
      from = to
    }
    return out
  }

  private static func repair(line: [Unicode.Scalar], unescapes: Bool) -> [Unicode.Scalar] {
    var line = line
    for _ in 0..<mostPasses {
      let before = line
      if unescapes { line = HTMLEntities.unescapeStrictly(line) }
      line = replaced(line)
      line = withoutTerminalEscapes(withUnixLineBreaks(line)).filter { !isControl($0) }
      line = CanonicalComposition.compose(line)
      if line == before { break }
    }
    return line
  }

  /// The replacements of single scalars, one after another.
  private static func replaced(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard text.contains(where: { $0.value >= 0x80 }) else { return text }
    var out: [Unicode.Scalar] = []
    out.reserveCapacity(text.count)
    for scalar in text {
      let scalar = Windows1252.scalar(for: scalar)
      switch scalar.value {
      case 0x2bc, 0x2018...0x201b: out.append("'")
      case 0x201c...0x201f: out.append("\"")
      case 0x3000: out.append(" ")
      case 0xff01...0xffef: out += widths[Int(scalar.value) - 0xff01]
      default:
        if let letters = ligatures[scalar] { out += letters.unicodeScalars } else { out.append(scalar) }
      }
    }
    return out
  }

  private static let ligatures: [Unicode.Scalar: String] = [
    "\u{132}": "IJ", "\u{133}": "ij", "\u{149}": "'n", "\u{1f1}": "DZ", "\u{1f2}": "Dz", "\u{1f3}": "dz",
    "\u{1c4}": "D\u{17d}", "\u{1c5}": "D\u{17e}", "\u{1c6}": "d\u{17e}", "\u{1c7}": "LJ", "\u{1c8}": "Lj",
    "\u{1c9}": "lj", "\u{1ca}": "NJ", "\u{1cb}": "Nj", "\u{1cc}": "nj", "\u{fb00}": "ff", "\u{fb01}": "fi",
    "\u{fb02}": "fl", "\u{fb03}": "ffi", "\u{fb04}": "ffl", "\u{fb05}": "\u{17f}t", "\u{fb06}": "st",
  ]

  /// Halfwidth and fullwidth forms U+FF01 ... U+FFEF in their usual width.
  private static let widths: [[Unicode.Scalar]] = (0xff01...0xffef).map { value in
    guard let scalar = Unicode.Scalar(value as Int) else { return [] }
    return Array(TextCleaning.string([scalar]).precomposedStringWithCompatibilityMapping.unicodeScalars)
  }

  /// CRLF, CR, U+2028, U+2029 and U+0085 become LF.
  private static func withUnixLineBreaks(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var out: [Unicode.Scalar] = []
    out.reserveCapacity(text.count)
    for (i, scalar) in text.enumerated() {
      switch scalar.value {
      case 0x0a where i > 0 && text[i - 1] == "\r": break
      case 0x0d, 0x2028, 0x2029, 0x85: out.append("\n")
      default: out.append(scalar)
      }
    }
    return out
  }

  /// Removes ESC [ digits and semicolons, letter.
  private static func withoutTerminalEscapes(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard text.contains("\u{1b}") else { return text }
    var out: [Unicode.Scalar] = []
    var at = 0
    while at < text.count {
      if text[at] == "\u{1b}", at + 1 < text.count, text[at + 1] == "[" {
        var end = at + 2
        while end < text.count, text[end] == ";" || text[end].properties.generalCategory == .decimalNumber { end += 1 }
        if end < text.count, ("a"..."z").contains(text[end]) || ("A"..."Z").contains(text[end]) {
          at = end + 1
          continue
        }
      }
      out.append(text[at])
      at += 1
    }
    return out
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...8, 0x0b, 0x0e...0x1f, 0x7f, 0x206a...0x206f, 0xfeff, 0xfff9...0xfffc: true
    default: false
    }
  }
}
