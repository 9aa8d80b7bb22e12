import Foundation

/// Canonical composition (NFC) in n log n for any text.
///
/// Foundation's takes the square of the length of a run of marks, and leaves a Hangul syllable and a trailing consonant
/// apart; here it tells only how single scalars decompose.
///
/// Source: The Unicode Standard, section 3.11 (D108–D117) and section 3.12 (Hangul).
enum CanonicalComposition {
  static func compose(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard !scalars.allSatisfy(isInert) else { return scalars }
    var text = decomposed(scalars)
    order(&text)
    return composed(text)
  }

  /// Scalars that stay as they are beside one another: Latin-1 and Latin Extended, Cyrillic letters, dashes and quotes,
  /// kana, ideographs, Hangul syllables, pictographs.
  private static func isInert(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x300, 0x400..<0x483, 0x2010..<0x2028, 0x3041..<0x3097, 0x30a1..<0x30ff, 0x3400..<0xa000,
      0xac00..<0xd7a4, 0x1f000..<0x1fb00:
      true
    default: false
    }
  }

  private static func decomposed(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var out: [Unicode.Scalar] = []
    out.reserveCapacity(scalars.count)
    for scalar in scalars {
      if let parts = Hangul.parts(of: scalar) {
        out += parts
      } else if scalar.value >= 0xc0, let parts = mappings.parts[scalar] {
        out += parts
      } else {
        out.append(scalar)
      }
    }
    return out
  }

  /// Sorts every run of marks by combining class; marks of one class keep their order.
  private static func order(_ text: inout [Unicode.Scalar]) {
    var at = 0
    while at < text.count {
      let start = at
      while at < text.count, combiningClass(text[at]) != 0 { at += 1 }
      if at > start + 1 {
        let run = text[start..<at].enumerated().map { (combiningClass($0.element), $0.offset, $0.element) }
          .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        for (offset, mark) in run.enumerated() { text[start + offset] = mark.2 }
      }
      if at == start { at += 1 }
    }
  }

  /// Joins every scalar that nothing blocks with the last starter before it.
  private static func composed(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var out: [Unicode.Scalar] = []
    out.reserveCapacity(text.count)
    var starter: Int?
    // Class of the last scalar that stayed behind the starter.
    var before: UInt8 = 0
    for scalar in text {
      let its = combiningClass(scalar)
      if let starter, out.count == starter + 1 || before < its, let whole = joined(out[starter], scalar) {
        out[starter] = whole
        continue
      }
      if its == 0 { starter = out.count }
      before = its
      out.append(scalar)
    }
    return out
  }

  private static func joined(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    second.value < 0x300 ? nil : Hangul.joined(first, second) ?? mappings.whole[pack(first, second)]
  }

  private static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
    scalar.value < 0x300 ? 0 : scalar.properties.canonicalCombiningClass.rawValue
  }

  private static func pack(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> UInt64 {
    UInt64(first.value) << 32 | UInt64(second.value)
  }

  /// Full decompositions of scalars, and the scalar that a pair becomes.
  private static let mappings: (parts: [Unicode.Scalar: [Unicode.Scalar]], whole: [UInt64: Unicode.Scalar]) = {
    var parts: [Unicode.Scalar: [Unicode.Scalar]] = [:]
    var whole: [UInt64: Unicode.Scalar] = [:]
    for scalar in decomposingRanges.joined().compactMap({ Unicode.Scalar($0 as UInt32) }) {
      let its = Array(TextCleaning.string([scalar]).decomposedStringWithCanonicalMapping.unicodeScalars)
      guard its != [scalar] else { continue }
      parts[scalar] = its
      func compose(_ text: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        Array(TextCleaning.string(text).precomposedStringWithCanonicalMapping.unicodeScalars)
      }
      let front = compose(its.dropLast())
      // Scalars that are excluded from composition do not come back.
      guard let last = its.last, front.count == 1, compose(its) == [scalar] else { continue }
      whole[pack(front[0], last)] = scalar
    }
    return (parts, whole)
  }()

  /// Blocks that hold all scalars with a canonical decomposition but Hangul syllables.
  private static let decomposingRanges: [Range<UInt32>] = [
    0xc0..<0x3100, 0xf900..<0xfb50, 0x10500..<0x10600, 0x11080..<0x11a00, 0x16100..<0x16140, 0x16d40..<0x16d80,
    0x1d150..<0x1d1d0, 0x2f800..<0x2fa20,
  ]
}

/// Hangul syllables and the conjoining letters that they are made of: by arithmetic.
private enum Hangul {
  private static let (syllables, leading, vowels, trailing): (UInt32, UInt32, UInt32, UInt32) =
    (0xac00, 0x1100, 0x1161, 0x11a7)
  private static let (vowelCount, trailingCount): (UInt32, UInt32) = (21, 28)
  private static let syllableCount = 19 * vowelCount * trailingCount

  static func parts(of scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
    guard (syllables..<syllables + syllableCount).contains(scalar.value) else { return nil }
    let (front, tail) = (scalar.value - syllables).quotientAndRemainder(dividingBy: trailingCount)
    let values = [leading + front / vowelCount, vowels + front % vowelCount] + (tail == 0 ? [] : [trailing + tail])
    return values.compactMap(Unicode.Scalar.init)
  }

  static func joined(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    let (a, b) = (first.value, second.value)
    if (leading..<leading + 19).contains(a), (vowels..<vowels + vowelCount).contains(b) {
      return Unicode.Scalar(syllables + ((a - leading) * vowelCount + b - vowels) * trailingCount)
    }
    if (syllables..<syllables + syllableCount).contains(a), (a - syllables) % trailingCount == 0,
      (trailing + 1..<trailing + trailingCount).contains(b)
    {
      return Unicode.Scalar(a + b - trailing)
    }
    return nil
  }
}
