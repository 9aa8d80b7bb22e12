import Tensors

/// A parameter as a checkpoint holds it: tensors whose rows follow each other, or one that is transposed.
struct StoredTensor {
  let parts: [NDArray]
  let isTransposed: Bool

  /// nil unless all parts are there and make one tensor.
  init?(_ place: CheckpointLayout.Place, _ tensor: (String) -> NDArray?) {
    parts = place.names.compactMap(tensor)
    isTransposed = place.isTransposed
    guard parts.count == place.names.count, let first = parts.first else { return nil }
    guard parts.count == 1 || parts.allSatisfy({ $0.sizes == first.sizes && $0.scalar == first.scalar }) else {
      return nil
    }
    if isTransposed && first.sizes.count != 2 { return nil }
  }

  /// nil unless the array is a matrix.
  init?(transposing array: NDArray) {
    guard array.sizes.count == 2 else { return nil }
    (parts, isTransposed) = ([array], true)
  }

  var scalar: ScalarType { parts[0].scalar }

  var sizes: [Int] {
    let first = parts[0].sizes
    if isTransposed { return first.reversed() }
    guard parts.count > 1, let rows = first.first else { return first }
    return [rows * parts.count] + first.dropFirst()
  }

  /// The elements in the parameter's order, a piece at a time; `body` gets whole elements and may keep none of them.
  func forEachPiece<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
    if isTransposed { return try transposedPieces(body) }
    for part in parts {
      try part.forEachPiece(body)
      part.releasePages()
    }
  }

  private func transposedPieces<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
    let source = parts[0]
    let (rows, columns, size) = (source.sizes[0], source.sizes[1], source.scalar.size)
    let row = Storage(byteCount: rows * size)
    for column in 0..<columns {
      for index in 0..<rows {
        (row.base + index * size).copyMemory(
          from: source.address + (index * columns + column) * size, byteCount: size)
      }
      try body(UnsafeRawBufferPointer(start: row.base, count: row.count))
    }
  }
}

extension NDArray {
  /// The elements in order, a megabyte or less at a time.
  func forEachPiece<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
    try withUnsafeBytes { bytes throws(E) in
      for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
        try body(UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + 1 << 20)]))
      }
    }
  }

  /// Lets the pages of a mapped file go.
  func releasePages() { storage.releasePages(offset..<offset + byteCount) }
}
