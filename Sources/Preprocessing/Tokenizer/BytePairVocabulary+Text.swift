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

  init(merges bytes: [UInt8], limit: Int) throws(TokenizerError) {
    self.init()
    var identifiers: [[UInt8]: Int32] = [:]
    for id in 0..<Self.baseCount { identifiers[spelling(of: id)] = Int32(id) }
    var (next, number) = (bytes.startIndex, 0)
    while next < bytes.endIndex, mergeCount < limit {
      let end = bytes[next...].firstIndex(of: 0x0a) ?? bytes.endIndex
      let line = end > next && bytes[end - 1] == 0x0d ? bytes[next..<end - 1] : bytes[next..<end]
      (next, number) = (end + 1, number + 1)
      if line.isEmpty || (number == 1 && Self.isHeader(line.prefix(256))) { continue }
      func fail(_ message: String) -> TokenizerError {
        TokenizerError(
          .invalidVocabulary, place: "line \(number)",
          "\(message): “\(String(decoding: line.prefix(80), as: UTF8.self))”")
      }
      let fields = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
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
  func spelling(of id: Int) -> [UInt8] {
    symbols[id].flatMap { ByteSymbols.printable[Int($0)] } + (endsWord[id] ? Self.endOfWord : [])
  }
}
