import Foundation
import Preprocessing
import Testing

@Suite struct TokenizerTests {
  static let captions = [
    "a small red circle above a large blue square", "a large red square", "a small blue circle",
    "a red circle below a small red square", "The Blue Square &amp; the red circle!", "it's a circle",
  ]

  private static func learned(_ size: Int) throws -> BytePairVocabulary {
    try BytePairVocabulary.learn(captions: captions, size: size)
  }

  /// Merges one pair at a time over the whole word, as the reference does.
  private func slowly(_ word: String, merges: [(String, String)]) -> [String] {
    var symbols = word.dropLast().map { String($0) } + [String(word.suffix(1)) + "</w>"]
    for (left, right) in merges {
      var i = 0
      while i + 1 < symbols.count {
        if symbols[i] == left && symbols[i + 1] == right {
          symbols.replaceSubrange(i...i + 1, with: [left + right])
        }
        i += 1
      }
    }
    return symbols
  }

  @Test func mergesAsTheDefinitionSays() throws {
    let vocabulary = try Self.learned(560)
    let merges = vocabulary.text.split(separator: "\n").dropFirst().map { line in
      let fields = line.split(separator: " ").map(String.init)
      return (fields[0], fields[1])
    }
    #expect(merges.count == vocabulary.mergeCount && merges.count > 20)
    let names = merges.enumerated().reduce(into: [String: Int]()) { $0[$1.element.0 + $1.element.1] = 512 + $1.offset }
    let tokenizer = Tokenizer(vocabulary: vocabulary)
    var generator = SplitMix(state: 11)
    for _ in 0..<200 {
      let count = Int.random(in: 1...14, using: &generator)
      let word = String((0..<count).map { _ in "acdeilqrsu".randomElement(using: &generator) ?? "a" })
      // Bytes 33 ... 126 come first: “a” is 64, “a</w>” is 320.
      let expected = slowly(word, merges: merges).map { symbol in
        names[symbol] ?? Int(symbol.utf8.first ?? 0) - 33 + (symbol.hasSuffix("</w>") ? 256 : 0)
      }
      #expect(tokenizer.encode(word) == expected, "\(word)")
    }
  }

  @Test func learningIsDeterministicAndBounded() throws {
    let vocabulary = try Self.learned(530)
    #expect(vocabulary.size == 530 && vocabulary.startOfText == 528 && vocabulary.endOfText == 529)
    #expect(try BytePairVocabulary.learn(captions: Self.captions.reversed(), size: 530) == vocabulary)
    // Counted by hand in the captions: “r” + “e” (red, square, large has none: 4 + 3) is outdone by “c” + “i” (5), …
    let first = try #require(vocabulary.text.split(separator: "\n").dropFirst().first)
    #expect(first == Substring(mostFrequentPair()))
    var reported: [Int] = []
    let all = try BytePairVocabulary.learn(captions: Self.captions, size: 5000) { done, _ in reported.append(done) }
    #expect(all.size < 5000 && reported == Array(1...all.mergeCount))
    #expect(throws: TokenizerError.self) { try Self.learned(513) }
    #expect(try Self.learned(514).mergeCount == 0)
  }

  /// The most frequent pair of the captions, counted without regard to the learner; the earliest in byte order of
  /// equals, inner symbols first.
  private func mostFrequentPair() -> String {
    var counts: [[Int]: Int] = [:]
    for caption in Self.captions {
      let words = caption.replacing("&amp;", with: "").replacing("!", with: "").replacing("it's", with: "it")
      for word in words.lowercased().split(separator: " ") {
        let symbols = word.utf8.dropLast().map { Int($0) } + [Int(word.utf8.last ?? 0) + 256]
        for (left, right) in zip(symbols, symbols.dropFirst()) { counts[[left, right], default: 0] += 1 }
      }
    }
    let best = counts.min { a, b in a.value != b.value ? a.value > b.value : a.key.lexicographicallyPrecedes(b.key) }
    return (best?.key ?? []).map { id in
      String(Character(Unicode.Scalar(UInt8(id & 255)))) + (id >= 256 ? "</w>" : "")
    }.joined(separator: " ")
  }

  @Test func vocabulariesSurviveText() throws {
    let vocabulary = try Self.learned(2048)
    #expect(try BytePairVocabulary(merges: vocabulary.text) == vocabulary)
    #expect(try BytePairVocabulary(merges: vocabulary.text, limit: 3).mergeCount == 3)
    #expect(try BytePairVocabulary(merges: "").size == 514)
    #expect(try BytePairVocabulary(merges: "a b\r\nab c</w>\r\n").mergeCount == 2)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("merges-\(UUID()).txt").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try vocabulary.text.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try BytePairVocabulary(contentsOf: path) == vocabulary)
  }

  @Test(arguments: ["a", "a b c", "ab c", "a </w>", "a</w> b", "a b\na b", "a  b", "\u{0}", "a b\nxy b</w>"])
  func badMergesAreErrors(text: String) {
    let error = #expect(throws: TokenizerError.self) { try BytePairVocabulary(merges: text) }
    #expect(error?.kind == .invalidVocabulary && error?.place?.hasPrefix("line ") == true)
  }

  @Test func unreadableVocabulariesAreErrors() throws {
    let missing = #expect(throws: TokenizerError.self) { try BytePairVocabulary(contentsOf: "/no/such.txt") }
    #expect(missing?.kind == .unreadable && missing?.place == "/no/such.txt")
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("merges-\(UUID()).gz").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data([0x1f, 0x8b, 8, 0, 0, 0]).write(to: URL(fileURLWithPath: path))
    #expect(throws: TokenizerError.self) { try BytePairVocabulary(contentsOf: path) }
  }

  @Test(arguments: TokenizerKind.allCases)
  func rowsAreFramedAndPadded(kind: TokenizerKind) throws {
    let vocabulary = try Self.learned(560)
    let tokenizer = Tokenizer(vocabulary: vocabulary, kind: kind, contextLength: 8)
    let batch = try tokenizer.tokenize(["red circle", ""])
    let (start, end) = (Int64(vocabulary.startOfText), Int64(vocabulary.endOfText))
    let padding = kind == .huggingFace ? end : 0
    #expect(batch.rows == 2 && batch.context == 8 && batch.ids.count == 16)
    let words = tokenizer.encode("red circle").map(Int64.init)
    #expect(words.count <= 6)
    #expect(Array(batch[0]) == [start] + words + [end] + Array(repeating: padding, count: 6 - words.count))
    #expect(Array(batch[1]) == [start, end] + Array(repeating: padding, count: 6))
  }

  @Test(arguments: TokenizerKind.allCases)
  func longTextsAreCutOrRefused(kind: TokenizerKind) throws {
    let tokenizer = Tokenizer(vocabulary: BytePairVocabulary(), kind: kind, contextLength: 5)
    if kind == .openCLIP {
      #expect(try tokenizer.tokenize(["abcdef"]).ids == [512, 64, 65, 66, 513])
    } else {
      let error = #expect(throws: TokenizerError.self) { try tokenizer.tokenize(["ab", "abcdef"]) }
      #expect(error?.kind == .tooLong && error?.place == "text 2 of 2")
      #expect(error?.message.contains("has 6 tokens, but the model reads 3") == true)
      // One character, but many scalars: the message stays short.
      let marks = "a" + String(repeating: "\u{301}", count: 10_000)
      let endless = #expect(throws: TokenizerError.self) { try tokenizer.tokenize([marks]) }
      #expect((endless?.message.unicodeScalars.count ?? 1_000) < 200)
    }
    #expect(try tokenizer.tokenize(["abcdef"], truncate: true).ids == [512, 64, 65, 66, 513])
    for length in [-1, 0, 1, Int.max] {
      let broken = Tokenizer(vocabulary: BytePairVocabulary(), kind: kind, contextLength: length)
      #expect(throws: TokenizerError.self) { try broken.tokenize(["a"]) }
    }
  }

  /// One long word and deeply nested escapes end in reasonable time: nothing is quadratic.
  @Test(arguments: TokenizerKind.allCases)
  func longWordsAreEncoded(kind: TokenizerKind) throws {
    let tokenizer = Tokenizer(vocabulary: try Self.learned(560), kind: kind)
    let word = String(repeating: "circle", count: 20_000)
    #expect(tokenizer.decode(tokenizer.encode(word)) == word + " ")
    let nested = "&" + String(repeating: "amp;", count: 5_000)
    #expect(!tokenizer.encode(nested).isEmpty)
  }

  @Test func bytesAndScalarsAreKeptApart() throws {
    let tokenizer = Tokenizer(vocabulary: BytePairVocabulary(), kind: .huggingFace)
    // U+212B (ångström sign) and U+00E5 agree after NFC and lowering; U+2126 becomes ω.
    #expect(tokenizer.encode("\u{212b}") == tokenizer.encode("\u{e5}"))
    #expect(tokenizer.decode(tokenizer.encode("\u{2126}e\u{301}")) == "ωé ")
    #expect(tokenizer.decode([0x61 - 33, 222]) == "a\u{fffd}")
  }
}
