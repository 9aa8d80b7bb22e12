import ArgumentParser

/// Refuses arguments that cannot be compared in reasonable time.
///
/// ArgumentParser compares every argument with names again and again, and `String` brings combining marks into canonical
/// order first, which takes the square of their number.
enum ArgumentCheck {
  /// No writing stacks more marks on a letter than Unicode's Stream-Safe form allows, 30 (UAX #15, section 13); this is
  /// generous.
  static let mostMarks = 256

  /// - Throws: `ValidationError` for an argument with more than 256 combining marks in a row.
  static func validate(_ arguments: some Sequence<String>) throws {
    for (index, argument) in arguments.enumerated() {
      var marks = 0
      for scalar in argument.unicodeScalars {
        marks = scalar.value >= 0x300 && isMark(scalar) ? marks + 1 : 0
        guard marks <= mostMarks else {
          throw ValidationError(
            "Argument \(index + 1) has more than \(mostMarks) combining marks in a row, which is no writing: leave them "
              + "out.")
        }
      }
    }
  }

  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // The Tibetan vowels that are no marks but decompose to marks.
    case 0xf73, 0xf75, 0xf81: true
    default: scalar.properties.canonicalCombiningClass != .notReordered
    }
  }
}
