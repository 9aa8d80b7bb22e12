/// About how wide text is in a wide sans-serif typeface, so that labels keep to their room.
enum TextWidth {
  static func of(_ text: String, size: Double) -> Double {
    size * text.unicodeScalars.reduce(0) { $0 + width(of: $1) }
  }

  /// As much of `text` as `room` holds, with an ellipsis where it is not all.
  static func fitted(_ text: String, size: Double, room: Double) -> String {
    guard of(text, size: size) > room else { return text }
    var (result, width) = ("", size)
    for character in text {
      width += of(String(character), size: size)
      guard width <= room else { break }
      result.append(character)
    }
    return result + "…"
  }

  /// In units of the size.
  private static func width(of scalar: Unicode.Scalar) -> Double {
    switch scalar {
    case "i", "j", "l", "I", "f", "t", "r", " ", ".", ",", ":", ";", "'", "|", "!", "(", ")", "-": 0.39
    case "m", "w", "M", "W", "%", "@", "\u{2190}"..."\u{21FF}": 0.95
    case "A"..."Z": 0.7
    default: scalar.value >= 0x1100 && !(0x2000...0x2E7F).contains(scalar.value) ? 1 : 0.63
    }
  }
}
