import ClipGraph

/// Captions that a model is to read as they are.
enum Captions {
  /// - Throws: `Failure` for a caption with more tokens than the model's context holds. Tokenizers of the open_clip kind would
  ///   cut it in silence.
  static func requireFit(_ captions: [String], _ clip: CLIP) throws(Failure) {
    guard let tokenizer = clip.tokenizer else { return }
    let room = tokenizer.contextLength - 2
    for caption in captions {
      let count = tokenizer.encode(caption).count
      guard count > room else { continue }
      throw Failure(
        "“\(caption.prefix(60))\(caption.count > 60 ? "…" : "")”",
        "has \(count) tokens, but the model reads \(room); shorten the caption")
    }
  }
}
