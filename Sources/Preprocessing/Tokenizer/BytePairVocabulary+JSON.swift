import Foundation

extension BytePairVocabulary {
  /// The merges of Hugging Face's `tokenizer.json`, as `merges.txt` has them.
  ///
  /// - Throws: `TokenizerError` for a tokenizer of another kind, and for identifiers that do not follow from the merges.
  static func merges(ofJSON bytes: [UInt8]) throws(TokenizerError) -> (text: String, size: Int) {
    func refuse(_ message: String) -> TokenizerError { TokenizerError(.invalidVocabulary, message) }
    guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
      let model = object["model"] as? [String: Any]
    else { throw refuse("is no tokenizer.json: it has no model") }
    let kind = model["type"] as? String ?? "BPE"
    guard kind == "BPE", let vocabulary = model["vocab"] as? [String: Int], let list = model["merges"] as? [Any] else {
      throw refuse("is a tokenizer of the type \(kind), but CLIP's is a byte-pair one (BPE)")
    }
    guard model["end_of_word_suffix"] as? String ?? "</w>" == "</w>" else {
      throw refuse("its words end with another mark than CLIP's </w>")
    }
    var lines: [String] = []
    for merge in list {
      if let text = merge as? String {
        lines.append(text)
      } else if let pair = merge as? [String], pair.count == 2 {
        lines.append(pair.joined(separator: " "))
      } else {
        throw refuse("merge \(lines.count + 1) is not two symbols")
      }
    }
    let added = (object["added_tokens"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? Int }
    let size = max(vocabulary.values.max() ?? 0, added.max() ?? 0) + 1
    // A first line that looks like a header would be skipped.
    return ("#version: 0.2\n" + lines.joined(separator: "\n"), size)
  }
}
