import Preprocessing
import Tensors

extension CLIP {
  /// Features of picture files, not normalised unless the graph does so. [images, E]
  ///
  /// - Parameter progress: called with the number of pictures done.
  public func encode(images paths: [String], progress: ((Int) -> Void)? = nil) throws(ClipGraphError) -> Embeddings {
    try encode(count: paths.count, progress) { index throws(ClipGraphError) in
      try explaining(paths[index]) { try DecodedImage(contentsOf: paths[index]) }
    }
  }

  /// Features of decoded pictures. [pictures, E]
  public func encode(pictures: [DecodedImage]) throws(ClipGraphError) -> Embeddings {
    try encode(count: pictures.count, nil) { index throws(ClipGraphError) in pictures[index] }
  }

  /// Pictures are prepared on other threads while the model runs, at most two portions ahead of it.
  private func encode(
    count: Int, _ progress: ((Int) -> Void)?,
    _ picture: @escaping @Sendable (Int) throws(ClipGraphError) -> DecodedImage
  ) throws(ClipGraphError) -> Embeddings {
    guard let images, let preprocessing else {
      throw ClipGraphError(place, texts?.points.complaint(.image) ?? "has no image tower")
    }
    let entry = images.entry
    let portions = images.portions(Array(0..<count), of: batchSize)
    let prepared = Prefetch<NDArray>(count, ahead: 2 * (entry.batch ?? batchSize)) { index throws(ClipGraphError) in
      let image = try picture(index)
      return preprocessing.array(try explaining { try preprocessing.rgb(of: image) }, 1, for: entry)
    }
    defer { prepared.stop() }
    return try images.encode(portions, count: count, progress) { rows throws(ClipGraphError) in
      var pictures: [NDArray] = []
      for (position, index) in rows.enumerated() {
        // A row that fills up a fixed batch is the one before it.
        let isRepeated = position > 0 && index == rows[position - 1]
        pictures.append(isRepeated ? pictures[position - 1] : try prepared.next())
      }
      return [entry.input: try explaining(place) { try NDArray(stacking: pictures) }]
    }
  }
}

extension NDArray {
  /// Arrays of one type [1, …] as one [arrays, …].
  fileprivate init(stacking arrays: [NDArray]) throws(ShapeError) {
    guard let first = arrays.first else { throw ShapeError("there is nothing to stack") }
    let stack = try NDArray(zeros: first.scalar, [arrays.count] + first.sizes.dropFirst())
    for (index, array) in arrays.enumerated() {
      (stack.address + index * first.byteCount).copyMemory(from: array.address, byteCount: first.byteCount)
    }
    self = stack
  }
}

extension ImagePreprocessing {
  /// Pictures [rows, S, S, 3] of bytes as an input takes them: channels first or last, normalised, or bytes where the graph
  /// itself prepares them.
  func array(_ bytes: [UInt8], _ rows: Int, for entry: EntryPoints.Entry) -> NDArray {
    let (type, isLast) = (entry.inputType, entry.hasChannelsLast)
    let plane = size * size
    if type.scalar == .uint8 {
      if isLast { return NDArray(bytes, [rows, size, size, 3]) }
      var planes: [UInt8] = []
      planes.reserveCapacity(bytes.count)
      for row in 0..<rows {
        for channel in 0..<3 { for pixel in 0..<plane { planes.append(bytes[(row * plane + pixel) * 3 + channel]) } }
      }
      return NDArray(planes, [rows, 3, size, size])
    }
    var pixels: [Float] = []
    pixels.reserveCapacity(bytes.count)
    for row in 0..<rows { pixels += normalized(Array(bytes[row * plane * 3..<(row + 1) * plane * 3])) }
    return type.pictures(pixels, [rows, 3, size, size])
  }
}

extension TensorType {
  /// Whether pictures are [batch, height, width, 3] rather than [batch, 3, height, width].
  var hasChannelsLast: Bool { shape.rank == 4 && shape[1] != 3 && shape[3] == 3 }

  /// Normalised pixels [rows, 3, height, width] as an input of this floating-point type takes them.
  func pictures(_ pixels: [Float], _ sizes: [Int]) -> NDArray {
    guard hasChannelsLast else { return NDArray(pixels, sizes, as: scalar) }
    let plane = sizes[2] * sizes[3]
    var last: [Float] = []
    last.reserveCapacity(pixels.count)
    for row in 0..<sizes[0] {
      for pixel in 0..<plane { for channel in 0..<3 { last.append(pixels[(row * 3 + channel) * plane + pixel]) } }
    }
    return NDArray(last, [sizes[0], sizes[2], sizes[3], 3], as: scalar)
  }
}
