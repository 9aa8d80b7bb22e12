/// CLIP's tokenizer: cleans a text, splits it into words, and merges the bytes of each.
///
/// Everything works on Unicode scalars and bytes: `Character` and `String` equality would take canonically equivalent
/// texts for one, which the merges do not.
///
/// Source: `simple_tokenizer.py` of openai/CLIP; `tokenizer.py` of open_clip; Hugging Face's `CLIPTokenizer`. Of ftfy's
/// repairs, that of text which was decoded with a wrong encoding (mojibake, “Ã©” for “é”) is left out.
public struct Tokenizer: Hashable, Sendable {
  public let vocabulary: BytePairVocabulary
  public let kind: TokenizerKind
  /// Tokens of a row, start and end included.
  public let contextLength: Int

  private static let longestContext = 1 << 20

  public init(vocabulary: BytePairVocabulary, kind: TokenizerKind = .openAI, contextLength: Int = 77) {
    self.vocabulary = vocabulary
    self.kind = kind
    self.contextLength = contextLength
  }

  /// Identifiers of a text, without start and end of text.
  public func encode(_ text: String) -> [Int] {
    var merger = WordMerger(vocabulary)
    return encode(text, &merger)
  }

  private func encode(_ text: String, _ merger: inout WordMerger) -> [Int] {
    let splitter = TextSplitter(kind: kind)
    var ids: [Int] = []
    splitter.forEachPiece(of: TextCleaning.clean(text, kind: kind)) { piece in
      switch piece {
      case .startOfText: ids.append(vocabulary.startOfText)
      case .endOfText: ids.append(vocabulary.endOfText)
      case .word(let scalars): merger.append(word: scalars, to: &ids)
      }
    }
    return ids
  }

  /// What fills the rows of captions.
  public var padding: Int { kind == .huggingFace ? vocabulary.endOfText : 0 }

  /// Rows of start, text, end, padding.
  ///
  /// - Parameter truncate: cuts texts that are too long, so that end of text is their last token. open_clip always
  ///   does.
  /// - Throws: `TokenizerError` of kind `.tooLong` that names the text, where it may not be cut.
  public func tokenize(_ texts: [String], truncate: Bool = false) throws(TokenizerError) -> TokenBatch {
    guard (2...Self.longestContext).contains(contextLength) else {
      throw TokenizerError(
        .invalidSettings, "the context length is \(contextLength), not 2 ... \(Self.longestContext) tokens")
    }
    var merger = WordMerger(vocabulary)
    var ids: [Int64] = []
    ids.reserveCapacity(texts.count * contextLength)
    let padding = Int64(padding)
    for (row, text) in texts.enumerated() {
      let tokens = encode(text, &merger)
      let room = contextLength - 2
      guard tokens.count <= room || truncate || kind == .openCLIP else {
        throw TokenizerError(
          .tooLong, place: "text \(row + 1) of \(texts.count)",
          "\(Self.quoted(text)) has \(tokens.count) tokens, but the model reads \(room); shorten it, or ask for "
            + "truncation")
      }
      ids.append(Int64(vocabulary.startOfText))
      for token in tokens.prefix(room) { ids.append(Int64(token)) }
      ids.append(Int64(vocabulary.endOfText))
      ids += repeatElement(padding, count: room - min(room, tokens.count))
    }
    return TokenBatch(ids: ids, rows: texts.count, context: contextLength)
  }

  /// The first sixty scalars of a text in quotes, for messages. (A character may have any number of scalars.)
  package static func quoted(_ text: String) -> String {
    let start = text.unicodeScalars.prefix(61)
    return start.count > 60 ? "“\(String(start.dropLast()))…”" : "“\(text)”"
  }

  /// The text of identifiers: words are followed by a space, bytes that are not UTF-8 become U+FFFD, special tokens are
  /// spelled out, and identifiers outside the vocabulary are left out.
  public func decode(_ ids: some Sequence<Int>) -> String {
    var bytes: [UInt8] = []
    for id in ids {
      if id == vocabulary.startOfText {
        bytes += Array(kind.specials.start.utf8)
      } else if id == vocabulary.endOfText {
        bytes += Array(kind.specials.end.utf8)
      } else if vocabulary.symbols.indices.contains(id) {
        bytes += vocabulary.symbols[id]
        if vocabulary.endsWord[id] { bytes.append(0x20) }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
