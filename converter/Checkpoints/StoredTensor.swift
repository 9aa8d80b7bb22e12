import Tensors

/// A parameter as a checkpoint holds it: one tensor, or several whose rows follow each other.
struct StoredTensor {
  let parts: [WeightTensor]

  /// nil unless all parts are there and make one tensor.
  init?(_ place: CheckpointLayout.Place, _ tensor: (String) -> WeightTensor?) {
    let found = place.names.compactMap(tensor)
    parts = place.isTransposed ? found.compactMap { $0.sizes.count == 2 ? $0.transposed() : nil } : found
    guard parts.count == place.names.count, let first = parts.first else { return nil }
    guard parts.count == 1 || parts.allSatisfy({ $0.sizes == first.sizes && $0.scalar == first.scalar }) else {
      return nil
    }
  }

  var scalar: ScalarType { parts[0].scalar }

  var sizes: [Int] {
    let first = parts[0].sizes
    guard parts.count > 1, let rows = first.first else { return first }
    return [rows * parts.count] + first.dropFirst()
  }

  /// The elements in the parameter's order, a piece at a time; `body` gets whole elements and may keep none of them.
  func forEachPiece<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
    for part in parts {
      try part.forEachPiece(body)
      part.releasePages()
    }
  }
}
