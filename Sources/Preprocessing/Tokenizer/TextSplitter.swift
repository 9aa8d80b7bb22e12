/// Splits a cleaned text into words.
///
/// The expression, without regard to case except in Hugging Face's:
///
///     START|END|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
struct TextSplitter {
  enum Piece {
    case startOfText
    case endOfText
    case word(ArraySlice<Unicode.Scalar>)
  }

  private enum Class {
    case space, letter, number, other
  }

  private let start: [Unicode.Scalar]
  private let end: [Unicode.Scalar]
  /// Without regard to case, ſ (U+017F) is an s, the only scalar but a–z that a lowered text can hold for one; and
  /// U+0345, a mark whose capital is a letter, is neither a letter nor in the complement of letters: it is dropped.
  private let foldsCase: Bool
  /// Special tokens are found inside of punctuation too.
  private let findsSpecialsFirst: Bool

  private static let contractions: [[Unicode.Scalar]] =
    ["s", "t", "re", "ve", "m", "ll", "d"].map { Array($0.unicodeScalars) }

  init(kind: TokenizerKind) {
    start = Array(kind.specials.start.unicodeScalars)
    end = Array(kind.specials.end.unicodeScalars)
    foldsCase = kind != .huggingFace
    findsSpecialsFirst = kind == .huggingFace
  }

  func forEachPiece(of text: [Unicode.Scalar], _ body: (Piece) -> Void) {
    var at = 0
    while at < text.count {
      let from = at
      if let (length, piece) = special(text, at) {
        body(piece)
        at += length
        continue
      }
      switch classify(text[at]) {
      case .space:
        at += 1
        continue
      case .letter:
        repeat { at += 1 } while at < text.count && classify(text[at]) == .letter
      case .number:
        at += 1
      case .other:
        if let length = contraction(text, at) {
          at += length
        } else {
          repeat { at += 1 } while at < text.count && classify(text[at]) == .other && !stops(text, at)
        }
      }
      body(.word(text[from..<at]))
    }
  }

  /// Whether a run of punctuation ends before a special token.
  private func stops(_ text: [Unicode.Scalar], _ at: Int) -> Bool {
    findsSpecialsFirst && special(text, at) != nil
  }

  /// A special token at a position. One that is spelled with ſ is a word of its own.
  private func special(_ text: [Unicode.Scalar], _ at: Int) -> (length: Int, piece: Piece)? {
    guard text[at] == "<" else { return nil }
    for (token, piece) in [(start, Piece.startOfText), (end, Piece.endOfText)] {
      guard matches(token, text, at) else { continue }
      let found = text[at..<at + token.count]
      return (token.count, found.elementsEqual(token) ? piece : .word(found))
    }
    return nil
  }

  private func contraction(_ text: [Unicode.Scalar], _ at: Int) -> Int? {
    guard text[at] == "'" else { return nil }
    return Self.contractions.first { matches($0, text, at + 1) }.map { $0.count + 1 }
  }

  private func matches(_ token: [Unicode.Scalar], _ text: [Unicode.Scalar], _ at: Int) -> Bool {
    guard at + token.count <= text.count else { return false }
    return token.indices.allSatisfy { i in
      text[at + i] == token[i] || (foldsCase && token[i] == "s" && text[at + i] == "\u{17f}")
    }
  }

  private func classify(_ scalar: Unicode.Scalar) -> Class {
    if scalar.isASCII {
      switch scalar {
      case "a"..."z", "A"..."Z": return .letter
      case "0"..."9": return .number
      case " ", "\t"..."\r": return .space
      default: return .other
      }
    }
    if foldsCase && scalar == "\u{345}" { return .space }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return scalar.properties.isWhitespace ? .space : .other
    }
  }
}
