import Foundation
import Preprocessing
import Testing

/// Vocabularies in the files of other programs. The small one was written by open_clip's code and the library tokenizers, which
/// also gave the identifiers.
struct VocabularyFileTests {
  static let small = Fixtures.tokenizer.appendingPathComponent("small")

  struct Row: Decodable {
    var text: String
    var ids: [Int]
  }

  /// A folder that goes with its owner.
  final class Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("clipgraph-\(UUID().uuidString)")
    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }

    func copy(_ name: String) throws {
      try FileManager.default.copyItem(
        at: VocabularyFileTests.small.appendingPathComponent(name), to: url.appendingPathComponent(name))
    }
    func write(_ name: String, _ object: Any) throws {
      try JSONSerialization.data(withJSONObject: object).write(to: url.appendingPathComponent(name))
    }
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
  }

  static func json(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: small.appendingPathComponent(name))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  static func complaint(_ path: String) -> String {
    do {
      _ = try BytePairVocabulary(contentsOf: path)
      Issue.record("nothing was refused")
      return ""
    } catch { return "\(error)" }
  }

  @Test func linesWithoutAnEndAreTaken() throws {
    let folder = try Folder()
    let path = folder.path("a.txt")
    try Data(repeating: 0x0a, count: 2_000_000).write(to: URL(fileURLWithPath: path))
    #expect(try BytePairVocabulary(contentsOf: path).mergeCount == 0)
    try Data("#version: 0.2\r\n\r\na b\r\nab c</w>".utf8).write(to: URL(fileURLWithPath: path))
    #expect(try BytePairVocabulary(contentsOf: path).mergeCount == 2)
    try Data("a b\n\na b c d\n".utf8).write(to: URL(fileURLWithPath: path))
    #expect(Self.complaint(path).contains("line 3: a merge is two symbols"))
  }

  @Test(arguments: ["tokenizer.json", "vocab.json", "merges.txt"]) func identifiersAreTheirs(file: String) throws {
    let vocabulary = try BytePairVocabulary(contentsOf: Self.small.appendingPathComponent(file).path)
    #expect(vocabulary.size == 594 && vocabulary.mergeCount == 80)
    let tokenizer = Tokenizer(vocabulary: vocabulary, kind: .huggingFace)
    let rows = try JSONDecoder().decode(
      [Row].self, from: Data(contentsOf: Self.small.appendingPathComponent("expected.json")))
    #expect(rows.count == 6)
    for row in rows { #expect(tokenizer.encode(row.text).map { Int($0) } == row.ids, "\(row.text)") }
  }

  @Test func mergesAloneAreEnough() throws {
    let folder = try Folder()
    try folder.copy("merges.txt")
    let whole = try BytePairVocabulary(contentsOf: Self.small.appendingPathComponent("tokenizer.json").path)
    #expect(try BytePairVocabulary(contentsOf: folder.path("merges.txt")) == whole)
  }

  @Test func mergesMayBePairsOrTexts() throws {
    var tokenizer = try Self.json("tokenizer.json")
    var model = try #require(tokenizer["model"] as? [String: Any])
    let pairs = try #require(model["merges"] as? [[String]])
    model["merges"] = pairs.map { $0.joined(separator: " ") }
    tokenizer["model"] = model
    let folder = try Folder()
    try folder.write("tokenizer.json", tokenizer)
    let whole = try BytePairVocabulary(contentsOf: Self.small.appendingPathComponent("tokenizer.json").path)
    #expect(try BytePairVocabulary(contentsOf: folder.path("tokenizer.json")) == whole)
  }

  @Test func otherOrdersAndOtherTokenizersAreRefused() throws {
    let folder = try Folder()
    try folder.copy("merges.txt")
    let vocabulary = try Self.json("vocab.json")
    let changes: [(String, (inout [String: Any]) -> Void)] = [
      ("gives “a” the identifier 65, but in CLIP's order it is 64", { ($0["a"], $0["b"]) = (65, 64) }),
      ("has no identifier for “the</w>”", { $0["x</w></w>"] = $0.removeValue(forKey: "the</w>") }),
      ("has 3 tokens that no merge makes (“<pad>”", { $0["<pad>"] = 594 }),
      ("is neither a tokenizer.json nor a vocab.json", { $0["a"] = "b" }),
      ("is neither a tokenizer.json nor a vocab.json", { $0 = [:] }),
    ]
    for (wanted, change) in changes {
      var changed = vocabulary
      change(&changed)
      try folder.write("vocab.json", changed)
      for file in ["vocab.json", "merges.txt"] {
        let message = Self.complaint(folder.path(file))
        #expect(message.contains(wanted) && message.contains(file), "\(message)")
      }
    }
    let models: [(String, [String: Any])] = [
      ("its model is WordPiece", ["type": "WordPiece"]), ("its words have no suffix", ["type": "BPE"]),
      ("its pieces have the prefix ##", ["end_of_word_suffix": "</w>", "continuing_subword_prefix": "##"]),
      ("it has no merges", ["end_of_word_suffix": "</w>", "vocab": ["a": 1]]),
      ("a merge is two symbols", ["end_of_word_suffix": "</w>", "vocab": vocabulary, "merges": ["a b c"]]),
    ]
    for (wanted, model) in models {
      try folder.write("tokenizer.json", ["model": model])
      let message = Self.complaint(folder.path("tokenizer.json"))
      #expect(message.contains(wanted), "\(message)")
    }
    try Data("{\"a\": ".utf8).write(to: folder.url.appendingPathComponent("tokenizer.json"))
    #expect(Self.complaint(folder.path("tokenizer.json")).contains("is not a JSON object"))
    try FileManager.default.removeItem(atPath: folder.path("merges.txt"))
    #expect(Self.complaint(folder.path("vocab.json")).contains("merges.txt: cannot open the file"))
  }
}
