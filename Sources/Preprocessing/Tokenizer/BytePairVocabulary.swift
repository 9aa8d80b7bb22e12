/// A byte-level byte-pair vocabulary.
///
/// Identifiers: 256 bytes, 256 bytes that end a word, one symbol per merge, start of text, end of text. A merge's rank
/// is its position, so that of two pairs the one with the lower identifier is merged first.
public struct BytePairVocabulary: Hashable, Sendable {
  /// Identifiers of the two symbols of every merge, packed: left in the upper 32 bits, right in the lower.
  private(set) var pairs: [UInt64] = []
  /// Identifier of the symbol that a pair becomes.
  private(set) var merged: [UInt64: Int32] = [:]
  /// Bytes of every symbol, without the end of the word.
  private(set) var symbols: [[UInt8]]
  /// Whether a symbol ends a word.
  private(set) var endsWord: [Bool]

  /// Base symbols: every byte, inside and at the end of a word.
  static let baseCount = 512
  /// The most merges of CLIP's own vocabulary; its file carries more, which are not used.
  public static let clipMergeCount = 48_894

  /// A vocabulary of bytes alone.
  public init() {
    symbols = ByteSymbols.bytes.map { [$0] } + ByteSymbols.bytes.map { [$0] }
    endsWord = (0..<Self.baseCount).map { $0 >= 256 }
  }

  /// Number of identifiers, special tokens included.
  public var size: Int { symbols.count + 2 }
  /// Identifier of the start of a text.
  public var startOfText: Int { size - 2 }
  /// Identifier of the end of a text; the largest of all.
  public var endOfText: Int { size - 1 }
  /// Number of merges.
  public var mergeCount: Int { pairs.count }

  public static func == (a: Self, b: Self) -> Bool { a.pairs == b.pairs }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(pairs)
  }

  /// Adds the merge of two symbols, which exist; the left one does not end a word.
  mutating func append(_ left: Int32, _ right: Int32) {
    let pair = Self.pack(left, right)
    merged[pair] = Int32(symbols.count)
    pairs.append(pair)
    symbols.append(symbols[Int(left)] + symbols[Int(right)])
    endsWord.append(endsWord[Int(right)])
  }

  static func pack(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  static func unpack(_ pair: UInt64) -> (left: Int32, right: Int32) {
    (Int32(truncatingIfNeeded: pair >> 32), Int32(truncatingIfNeeded: pair))
  }
}
