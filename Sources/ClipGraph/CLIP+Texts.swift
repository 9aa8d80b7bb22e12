import Preprocessing
import Tensors

extension CLIP {
  /// Features of captions, not normalised unless the graph does so. [texts, E]
  ///
  /// - Throws: `ClipGraphError` for a caption with more tokens than the model's context, and without a tokenizer.
  public func encode(texts captions: [String]) throws(ClipGraphError) -> Embeddings {
    guard let texts else { throw ClipGraphError(place, images?.points.complaint(.text) ?? "has no text tower") }
    guard let tokenizer else {
      throw ClipGraphError(
        texts.place,
        "has no tokenizer in it or beside it: run converter/fetch_assets, which fetches CLIP's, and add --tokenizer "
          + "converter/assets/bpe_simple_vocab_16e6.txt.gz")
    }
    let lengths = try self.lengths(of: captions, tokenizer)
    let tokens = try explaining("text") { try tokenizer.tokenize(captions) }
    let limit = tokenizer.contextLength
    let whole = NDArray(
      whole: captions.indices.flatMap { tokens[$0].map { Int($0) } }, [captions.count, limit], as: .int64)
    let ends = texts.points.pooling.flatMap { CaptionLengths.ends(whole, $0) }
    let portions =
      if let ends, texts.entry.batch == nil {
        CaptionLengths.portions(ends.map { $0 + 1 }, of: batchSize, limit: limit)
      } else {
        texts.portions(Array(captions.indices), of: batchSize)
      }
    return try texts.encode(portions, count: captions.count) { rows throws(ClipGraphError) in
      let longest = ends.map { ends in rows.map { ends[$0] + 1 }.max() ?? 0 }
      let length = longest.map { CaptionLengths.rounded($0, limit: limit) } ?? limit
      let numbers = rows.flatMap { tokens[$0].prefix(length).map { Int($0) } }
      var inputs = texts.points.companions(lengths: rows.map { lengths[$0] }, length: length)
      inputs[texts.entry.input] = NDArray(
        whole: numbers, [rows.count, length], as: texts.entry.inputType.scalar)
      return inputs
    }
  }

  /// Tokens of every caption, start and end included.
  private func lengths(of captions: [String], _ tokenizer: Tokenizer) throws(ClipGraphError) -> [Int] {
    var lengths: [Int] = []
    // Tokenizers of the open_clip kind would cut a long caption in silence.
    let room = tokenizer.contextLength - 2
    for text in captions {
      let count = tokenizer.encode(text).count
      if count > room {
        throw ClipGraphError(
          Tokenizer.quoted(text),
          "has \(count) tokens, but the model reads \(room); shorten the caption")
      }
      lengths.append(count + 2)
    }
    return lengths
  }
}
