extension BytePairVocabulary {
  private static let endOfWord: [UInt8] = Array("</w>".utf8)

  /// Reads merges as text, one pair a line, in the form of `bpe_simple_vocab_16e6.txt` and of Hugging Face's
  /// `merges.txt`. A first line with `#version` is skipped.
  ///
  /// - Parameter limit: the most merges to keep. CLIP's own file carries 262,144, of which the model knows the first
  ///   48,894 (`clipMergeCount`), which is the default.
  public init(merges text: String, limit: Int = clipMergeCount) throws(TokenizerError) {
    try self.init(merges: Array(text.utf8), limit: limit)
  }

  /// Reads a file of merges, plain or packed with gzip, or Hugging Face's `tokenizer.json`.
  public init(contentsOf path: String, limit: Int = clipMergeCount) throws(TokenizerError) {
    var bytes: [UInt8]
    do {
      bytes = try readFile(path, limit: 1 << 28)
    } catch {
      throw TokenizerError(.unreadable, place: path, "\(error.message); name a file of merges")
    }
    if bytes.starts(with: [0x1f, 0x8b]) {
      do {
        bytes = try gunzip(bytes, limit: 1 << 28)
      } catch {
        throw TokenizerError(.unreadable, place: path, "\(error.message); fetch the file again")
      }
    }
    do {
      try self.init(content: bytes, limit: limit)
    } catch {
      throw TokenizerError(error.kind, place: "\(path)\(error.place.map { ", \($0)" } ?? "")", error.message)
    }
  }

  private init(content bytes: [UInt8], limit: Int) throws(TokenizerError) {
    guard bytes.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{") else {
      try self.init(merges: bytes, limit: limit)
      return
    }
    let (text, size) = try Self.merges(ofJSON: bytes)
    try self.init(merges: Array(text.utf8), limit: limit)
    guard self.size == size else {
      throw TokenizerError(
        .invalidVocabulary, "has identifiers up to \(size - 1), but its \(mergeCount) merges make \(self.size)")
    }
  }

  private init(merges bytes: [UInt8], limit: Int) throws(TokenizerError) {
    self.init()
    var identifiers: [[UInt8]: Int32] = [:]
    for id in 0..<Self.baseCount { identifiers[spelling(of: id)] = Int32(id) }
    for (number, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
      if mergeCount >= limit { break }
      let line = line.last == 0x0d ? line.dropLast() : line
      if line.isEmpty || (number == 0 && Self.isHeader(line)) { continue }
      func fail(_ message: String) -> TokenizerError {
        TokenizerError(
          .invalidVocabulary, place: "line \(number + 1)",
          "\(message): “\(String(decoding: line.prefix(80), as: UTF8.self))”")
      }
      let fields = line.split(separator: 0x20, omittingEmptySubsequences: false)
      guard fields.count == 2 else { throw fail("a merge is two symbols with a space between") }
      guard let left = identifiers[Array(fields[0])], let right = identifiers[Array(fields[1])] else {
        throw fail("a merge of a symbol that no line above makes")
      }
      guard !endsWord[Int(left)] else { throw fail("a merge whose left symbol ends a word") }
      let spelled = Array(fields[0] + fields[1])
      guard identifiers.updateValue(Int32(symbols.count), forKey: spelled) == nil else {
        throw fail("a merge whose result exists already")
      }
      append(left, right)
    }
  }

  private static func isHeader(_ line: ArraySlice<UInt8>) -> Bool {
    let mark = Array("#version".utf8)
    return line.indices.contains { line[$0...].starts(with: mark) }
  }

  /// The merges as text, which `init(merges:limit:)` reads back.
  public var text: String {
    var bytes = Array("#version: 0.2\n".utf8)
    for pair in pairs {
      let (left, right) = Self.unpack(pair)
      bytes += spelling(of: Int(left))
      bytes.append(0x20)
      bytes += spelling(of: Int(right))
      bytes.append(0x0a)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// UTF-8 of a symbol as merges files spell it.
  private func spelling(of id: Int) -> [UInt8] {
    symbols[id].flatMap { ByteSymbols.printable[Int($0)] } + (endsWord[id] ? Self.endOfWord : [])
  }
}
