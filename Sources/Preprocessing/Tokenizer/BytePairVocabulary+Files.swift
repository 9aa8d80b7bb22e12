import Foundation

extension BytePairVocabulary {
  private static let largestFile = 1 << 28
  /// Parsed, JSON takes twenty times its length.
  private static let largestJSON = 1 << 25

  /// Reads a vocabulary, recognised by content: merges, plain or packed with gzip; Hugging Face's `tokenizer.json`; or one of
  /// its `vocab.json` and `merges.txt`, which belong together.
  ///
  /// - Parameter limit: the most merges to keep of a file that does not say how many there are.
  /// - Throws: `TokenizerError` for what cannot be read, and for vocabularies whose identifiers are not in CLIP's order.
  public init(contentsOf path: String, limit: Int = clipMergeCount) throws(TokenizerError) {
    let bytes = try Self.bytes(path)
    do throws(TokenizerError) {
      let folder = (path as NSString).deletingLastPathComponent as NSString
      if let first = bytes.first(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }), first == 0x7b {
        let object = try Self.object(bytes)
        if object["model"] is [String: Any] {
          try self.init(tokenizer: object)
        } else {
          let merges = folder.appendingPathComponent("merges.txt")
          try self.init(merges: try Self.bytes(merges), identifiers: try Self.identifiers(object))
        }
      } else if (path as NSString).lastPathComponent == "merges.txt",
        FileManager.default.fileExists(atPath: folder.appendingPathComponent("vocab.json"))
      {
        let object = try Self.object(try Self.bytes(folder.appendingPathComponent("vocab.json")))
        try self.init(merges: bytes, identifiers: try Self.identifiers(object))
      } else {
        try self.init(merges: bytes, limit: limit)
      }
    } catch {
      if error.kind == .unreadable { throw error }
      throw TokenizerError(error.kind, place: "\(path)\(error.place.map { ", \($0)" } ?? "")", error.message)
    }
  }

  private static func bytes(_ path: String) throws(TokenizerError) -> [UInt8] {
    let bytes: [UInt8]
    do {
      bytes = try readFile(path, limit: largestFile)
    } catch {
      throw TokenizerError(.unreadable, place: path, "\(error.message); name a file of merges, or tokenizer.json")
    }
    guard bytes.starts(with: [0x1f, 0x8b]) else { return bytes }
    do {
      return try gunzip(bytes, limit: largestFile)
    } catch {
      throw TokenizerError(.unreadable, place: path, "\(error.message); fetch the file again")
    }
  }

  // MARK: JSON

  private static func object(_ bytes: [UInt8]) throws(TokenizerError) -> [String: Any] {
    guard bytes.count <= largestJSON,
      let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
    else {
      throw TokenizerError(.invalidVocabulary, "is not a JSON object, or too large for one of this kind")
    }
    return object
  }

  private static func identifiers(_ object: [String: Any]) throws(TokenizerError) -> [String: Int] {
    guard let identifiers = object as? [String: Int], !identifiers.isEmpty else {
      throw TokenizerError(.invalidVocabulary, "is neither a tokenizer.json nor a vocab.json of tokens and identifiers")
    }
    return identifiers
  }

  /// `tokenizer.json`: model, vocabulary and merges in one.
  private init(tokenizer: [String: Any]) throws(TokenizerError) {
    let model = tokenizer["model"] as? [String: Any] ?? [:]
    func refuse(_ what: String) -> TokenizerError {
      TokenizerError(.invalidVocabulary, "\(what); CLIP's is a BPE whose words end with </w>")
    }
    if let type = model["type"] as? String, type != "BPE" { throw refuse("its model is \(type)") }
    guard model["end_of_word_suffix"] as? String == "</w>" else { throw refuse("its words have no suffix") }
    if let prefix = model["continuing_subword_prefix"] as? String, !prefix.isEmpty {
      throw refuse("its pieces have the prefix \(prefix)")
    }
    var identifiers = try Self.identifiers(model["vocab"] as? [String: Any] ?? [:])
    for token in tokenizer["added_tokens"] as? [[String: Any]] ?? [] {
      if let content = token["content"] as? String, let id = token["id"] as? Int { identifiers[content] = id }
    }
    // A merge is a text with a space, or a list of two.
    guard
      let merges = model["merges"] as? [String]
        ?? (model["merges"] as? [[String]])?.map({ $0.joined(separator: " ") })
    else { throw refuse("it has no merges") }
    try self.init(merges: Array(("#version\n" + merges.joined(separator: "\n")).utf8), identifiers: identifiers)
  }

  /// Merges, checked against the identifiers of all tokens.
  private init(merges: [UInt8], identifiers: [String: Int]) throws(TokenizerError) {
    try self.init(merges: merges, limit: max(0, identifiers.count - Self.baseCount - 2))
    var rest = identifiers
    for id in 0..<size - 2 {
      let token = String(decoding: spelling(of: id), as: UTF8.self)
      guard let given = rest.removeValue(forKey: token) else {
        throw TokenizerError(.invalidVocabulary, "has no identifier for “\(token)”, which its merges make")
      }
      guard given == id else {
        throw TokenizerError(
          .invalidVocabulary, "gives “\(token)” the identifier \(given), but in CLIP's order it is \(id)")
      }
    }
    guard rest.values.sorted() == [startOfText, endOfText] else {
      let names = rest.keys.sorted().prefix(4).map { "“\($0)”" }.joined(separator: ", ")
      throw TokenizerError(
        .invalidVocabulary,
        "has \(rest.count) tokens that no merge makes (\(names)); CLIP has two, start and end of text, with the largest "
          + "identifiers")
    }
  }
}
