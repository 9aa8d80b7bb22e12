import ClipGraph

/// The features of one part of a data set: those that a cache has, and those that were made for it.
struct EncodedPart {
  /// nil where nothing is kept.
  private(set) var key: String?
  private let kept: Embeddings?
  private var taken = 0
  private var (rows, width) = (0, 0)
  private var values: [Float] = []

  init(key: String? = nil, kept: Embeddings? = nil) { (self.key, self.kept) = (key, kept) }

  /// The next rows of what the cache has; nil where it has none, or too few.
  mutating func next(_ count: Int) -> Embeddings? {
    guard let kept, taken + count <= kept.rows else { return nil }
    defer { taken += count }
    return Embeddings(
      rows: count, width: kept.width,
      values: Array(kept.values[taken * kept.width..<(taken + count) * kept.width]))
  }

  mutating func add(_ features: Embeddings) {
    rows += features.rows
    width = features.width
    values += features.values
  }

  /// All rows of the part, where they are not what the cache has already.
  var made: Embeddings? {
    rows > 0 && rows != kept?.rows ? Embeddings(rows: rows, width: width, values: values) : nil
  }
}
