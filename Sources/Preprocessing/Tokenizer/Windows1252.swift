/// The characters of Windows-1252 where Latin-1 has C1 controls.
enum Windows1252 {
  /// U+0080 ... U+009F; five are unassigned and stay.
  private static let table: [Unicode.Scalar] = [
    "\u{20ac}", "\u{81}", "\u{201a}", "\u{192}", "\u{201e}", "\u{2026}", "\u{2020}", "\u{2021}", "\u{2c6}",
    "\u{2030}", "\u{160}", "\u{2039}", "\u{152}", "\u{8d}", "\u{17d}", "\u{8f}", "\u{90}", "\u{2018}", "\u{2019}",
    "\u{201c}", "\u{201d}", "\u{2022}", "\u{2013}", "\u{2014}", "\u{2dc}", "\u{2122}", "\u{161}", "\u{203a}",
    "\u{153}", "\u{9d}", "\u{17e}", "\u{178}",
  ]

  static func scalar(for scalar: Unicode.Scalar) -> Unicode.Scalar {
    (0x80...0x9f).contains(scalar.value) ? table[Int(scalar.value) - 0x80] : scalar
  }
}
