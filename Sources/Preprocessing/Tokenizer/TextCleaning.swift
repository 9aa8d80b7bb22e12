/// What a tokenizer does to a text before it splits it.
enum TextCleaning {
  static func clean(_ text: String, kind: TokenizerKind) -> [Unicode.Scalar] {
    var scalars = Array(text.unicodeScalars)
    switch kind {
    case .huggingFace:
      scalars = CanonicalComposition.compose(scalars)
      return collapsed(scalars, isSpace: isSpace).reduce(into: []) { lower($1, into: &$0) }
    case .openAI, .openCLIP:
      if !isPlain(scalars) {
        scalars = TextRepair.repair(scalars)
        scalars = HTMLEntities.unescape(HTMLEntities.unescape(scalars))
      }
      // Python's str.strip and str.split count U+001C ... U+001F as white space, regular expressions do not.
      scalars = stripped(scalars)
      if kind == .openAI {
        scalars = stripped(collapsed(scalars, isSpace: isSpace))
      } else {
        scalars = stripped(collapsed(scalars, isSpace: isPythonSpace))
      }
      return pythonLowered(scalars)
    }
  }

  static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// Whether repairing and unescaping would change nothing but line breaks.
  private static func isPlain(_ scalars: [Unicode.Scalar]) -> Bool {
    scalars.allSatisfy { ($0.value >= 0x20 && $0.value < 0x7f && $0 != "&") || $0 == "\t" || $0 == "\n" }
  }

  static func isPythonSpace(_ scalar: Unicode.Scalar) -> Bool {
    (0x1c...0x1f).contains(scalar.value) || isSpace(scalar)
  }

  /// Unicode's White_Space.
  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII ? scalar == " " || (0x09...0x0d).contains(scalar.value) : scalar.properties.isWhitespace
  }

  private static func stripped(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard let first = scalars.firstIndex(where: { !isPythonSpace($0) }),
      let last = scalars.lastIndex(where: { !isPythonSpace($0) })
    else { return [] }
    return Array(scalars[first...last])
  }

  /// Every run of white space becomes one space.
  private static func collapsed(
    _ scalars: [Unicode.Scalar], isSpace: (Unicode.Scalar) -> Bool
  ) -> [Unicode.Scalar] {
    var out: [Unicode.Scalar] = []
    out.reserveCapacity(scalars.count)
    var inSpace = false
    for scalar in scalars {
      let space = isSpace(scalar)
      if !(space && inSpace) { out.append(space ? " " : scalar) }
      inSpace = space
    }
    return out
  }

  /// Appends the full lower-case mapping of one scalar, without regard to its neighbours.
  private static func lower(_ scalar: Unicode.Scalar, into out: inout [Unicode.Scalar]) {
    if scalar.isASCII {
      out.append(("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar)
    } else {
      out += scalar.properties.lowercaseMapping.unicodeScalars
    }
  }

  /// Python's `str.lower`: full mappings, and ς for Σ at the end of a word.
  private static func pythonLowered(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var out: [Unicode.Scalar] = []
    out.reserveCapacity(scalars.count)
    guard scalars.contains("\u{3a3}") else {
      for scalar in scalars { lower(scalar, into: &out) }
      return out
    }
    // Whether a cased scalar precedes, leaving out those that are ignored for case.
    var followsCased = false
    for (i, scalar) in scalars.enumerated() {
      if scalar == "\u{3a3}" {
        let final = followsCased && !isCasedNext(scalars[(i + 1)...])
        out.append(final ? "\u{3c2}" : "\u{3c3}")
      } else {
        lower(scalar, into: &out)
      }
      if !isCaseIgnorable(scalar) { followsCased = scalar.properties.isCased }
    }
    return out
  }

  private static func isCaseIgnorable(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isCaseIgnorable
  }

  private static func isCasedNext(_ rest: ArraySlice<Unicode.Scalar>) -> Bool {
    rest.first { !isCaseIgnorable($0) }?.properties.isCased ?? false
  }
}
