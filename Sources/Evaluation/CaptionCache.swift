import ClipGraph

/// Normalised embeddings of captions, so that a caption that many samples share is encoded once.
///
/// Keys are bytes: `String` takes canonically equivalent captions for one, which a tokenizer does not.
struct CaptionCache {
  private static let limit = 100_000
  private var embeddings: [[UInt8]: [Float]] = [:]

  /// Encodes those of `captions` that are new.
  mutating func add(_ captions: [String], _ clip: CLIP) throws(ClipGraphError) {
    if embeddings.count > CaptionCache.limit { embeddings.removeAll() }
    var seen: Set<[UInt8]> = []
    let new = captions.filter { caption in
      let key = Array(caption.utf8)
      return embeddings[key] == nil && seen.insert(key).inserted
    }
    guard !new.isEmpty else { return }
    let features = try clip.encode(texts: new).normalised()
    for (row, caption) in new.enumerated() { embeddings[Array(caption.utf8)] = Array(features[row]) }
  }

  /// The inner product of `feature` with the embedding of a caption that has been added; −1, the least, without it.
  func similarity(of feature: ArraySlice<Float>, to caption: String) -> Float {
    guard let embedding = embeddings[Array(caption.utf8)] else { return -1 }
    return zip(feature, embedding).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
