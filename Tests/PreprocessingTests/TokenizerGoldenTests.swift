import Foundation
import Preprocessing
import Testing

/// What the three reference tokenizers make of a text, with CLIP's own merges.
struct GoldenText: Decodable, Sendable {
  var text: String
  var openai: [Int]
  var open_clip: [Int]
  var hugging_face: [Int]

  func ids(_ kind: TokenizerKind) -> [Int] {
    switch kind {
    case .openAI: openai
    case .openCLIP: open_clip
    case .huggingFace: hugging_face
    }
  }

  static func rows(_ file: String) throws -> [GoldenText] {
    try JSONDecoder().decode(
      [GoldenText].self, from: Data(contentsOf: Fixtures.tokenizer.appendingPathComponent(file)))
  }
}

/// CLIP's own merges, which are too large for the repository: `CLIPGRAPH_BPE`, the shared folder, or the open_clip
/// package of a virtual environment in the repository.
enum ClipVocabulary {
  static let path: String? = {
    let name = "bpe_simple_vocab_16e6.txt.gz"
    var candidates: [String] = []
    if let given = ProcessInfo.processInfo.environment["CLIPGRAPH_BPE"] { candidates.append(given) }
    if let shared = Fixtures.shared { candidates.append(shared.appendingPathComponent(name).path) }
    let lib = Fixtures.repository.appendingPathComponent(".venv/lib")
    for python in (try? FileManager.default.contentsOfDirectory(atPath: lib.path)) ?? [] {
      candidates.append(lib.appendingPathComponent("\(python)/site-packages/open_clip/\(name)").path)
    }
    return candidates.first { FileManager.default.fileExists(atPath: $0) }
  }()

  static let loaded = path.map { path in Result { try BytePairVocabulary(contentsOf: path) } }
}

@Suite(
  .enabled(
    if: ClipVocabulary.path != nil,
    "CLIP's merges are not here; set CLIPGRAPH_BPE to bpe_simple_vocab_16e6.txt.gz of the package open_clip_torch"))
struct TokenizerGoldenTests {
  private func vocabulary() throws -> BytePairVocabulary {
    try #require(ClipVocabulary.loaded).get()
  }

  @Test func theVocabularyIsCLIPs() throws {
    let vocabulary = try vocabulary()
    #expect(vocabulary.size == 49_408)
    #expect(vocabulary.startOfText == 49_406 && vocabulary.endOfText == 49_407)
    #expect(try BytePairVocabulary(merges: vocabulary.text) == vocabulary)
  }

  /// Rows of the reference tokenizers. Those that say mojibake need a repair that is left out for two of them.
  @Test(arguments: TokenizerKind.allCases)
  func encodesAsTheReference(kind: TokenizerKind) throws {
    let tokenizer = Tokenizer(vocabulary: try vocabulary(), kind: kind)
    let rows = try GoldenText.rows("clip.json")
    #expect(rows.count == 74)
    for row in rows where kind == .huggingFace || !row.text.contains("mojibake") {
      #expect(tokenizer.encode(row.text) == row.ids(kind), "\(row.text)")
    }
  }

  /// Texts made to be difficult: entities, controls, widths, cases, specials. Made with the reference code (ftfy 6.3
  /// with fix_encoding off).
  @Test(arguments: TokenizerKind.allCases)
  func encodesDifficultTexts(kind: TokenizerKind) throws {
    let tokenizer = Tokenizer(vocabulary: try vocabulary(), kind: kind)
    for row in try GoldenText.rows("difficult.json") {
      #expect(tokenizer.encode(row.text) == row.ids(kind), "\(row.text.debugDescription)")
    }
  }

  @Test func decodesWhatItEncodes() throws {
    let tokenizer = Tokenizer(vocabulary: try vocabulary())
    #expect(tokenizer.decode(tokenizer.encode("A naïve café, 日本語 😀")) == "a naïve café , 日本語 😀 ")
    #expect(tokenizer.decode([49_406, 320, 49_407, 99_999, -1]) == "<|startoftext|>a <|endoftext|>")
  }
}
