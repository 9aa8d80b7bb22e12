import ClipGraph

/// The features of one part of a data set: those that a cache has, and those that were made for it.
struct EncodedPart {
  /// nil where nothing is kept.
  private(set) var key: String?
  private let kept: Embeddings?
  /// Rows of `kept` that were taken.
  private var taken = 0
  /// Rows that were made, which come behind those that were taken.
  private var (rows, width) = (0, 0)
  private var values: [Float] = []

  init(key: String? = nil, kept: Embeddings? = nil) { (self.key, self.kept) = (key, kept) }

  /// The next rows of what the cache has; nil where it has none, or too few, and from then on.
  mutating func next(_ count: Int) -> Embeddings? {
    guard let kept, rows == 0, taken + count <= kept.rows else { return nil }
    defer { taken += count }
    return Embeddings(
      rows: count, width: kept.width,
      values: Array(kept.values[taken * kept.width..<(taken + count) * kept.width]))
  }

  /// Adds rows that the cache did not have.
  mutating func add(_ features: Embeddings) {
    guard key != nil else { return }
    rows += features.rows
    width = features.width
    values += features.values
  }

  /// All rows of the part, where they are not what the cache has already.
  var made: Embeddings? {
    guard taken + rows > 0, rows > 0 || taken != kept?.rows else { return nil }
    let front = kept?.values.prefix(taken * (kept?.width ?? 0)) ?? []
    return Embeddings(rows: taken + rows, width: rows > 0 ? width : kept?.width ?? 0, values: front + values)
  }
}
