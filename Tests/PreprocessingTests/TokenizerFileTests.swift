import Foundation
import Testing

@testable import Preprocessing

/// Vocabularies as `tokenizer.json` has them.
@Suite struct TokenizerFileTests {
  private static func vocabulary() throws -> BytePairVocabulary {
    try BytePairVocabulary.learn(captions: TokenizerTests.captions, size: 560)
  }

  private func read(_ object: [String: Any]) throws -> BytePairVocabulary {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("tokenizer-\(UUID().uuidString).json")
    try JSONSerialization.data(withJSONObject: object).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try BytePairVocabulary(contentsOf: url.path)
  }

  /// Merges as pairs or as one text each; identifiers as CLIP's.
  private func file(_ vocabulary: BytePairVocabulary, asPairs: Bool) -> [String: Any] {
    let merges = vocabulary.text.split(separator: "\n").dropFirst().map(String.init)
    var identifiers = ["<|startoftext|>": vocabulary.startOfText, "<|endoftext|>": vocabulary.endOfText]
    for (rank, merge) in merges.enumerated() { identifiers[merge.replacing(" ", with: "")] = 512 + rank }
    let list: [Any] = asPairs ? merges.map { $0.split(separator: " ").map(String.init) } : merges
    return [
      "version": "1.0", "added_tokens": [["id": vocabulary.endOfText, "content": "<|endoftext|>"]],
      "model": ["type": "BPE", "end_of_word_suffix": "</w>", "vocab": identifiers, "merges": list] as [String: Any],
    ]
  }

  @Test(arguments: [false, true])
  func mergesComeBack(asPairs: Bool) throws {
    let vocabulary = try Self.vocabulary()
    #expect(try read(file(vocabulary, asPairs: asPairs)) == vocabulary)
  }

  @Test func otherTokenizersAreNamed() throws {
    func complaint(_ object: [String: Any]) -> String {
      do { return "\(try read(object).size) identifiers" } catch { return "\(error)" }
    }
    #expect(complaint(["model": ["type": "Unigram", "vocab": [["a", 0]]] as [String: Any]]).contains("Unigram"))
    #expect(complaint(["version": "1.0"]).contains("has no model"))
    var other = file(try Self.vocabulary(), asPairs: false)
    other["added_tokens"] = [["id": 9_000, "content": "<extra>"]]
    #expect(complaint(other).contains("9000"))
  }
}
