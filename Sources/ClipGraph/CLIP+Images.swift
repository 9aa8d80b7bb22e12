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

  private func encode(
    count: Int, _ progress: ((Int) -> Void)?, _ picture: (Int) throws(ClipGraphError) -> DecodedImage
  ) throws(ClipGraphError) -> Embeddings {
    guard let images, let preprocessing else {
      throw ClipGraphError(place, texts?.points.complaint(.image) ?? "has no image tower")
    }
    return try images.encode(count, portion: batchSize, progress) { rows throws(ClipGraphError) in
      var bytes: [UInt8] = []
      for (position, index) in rows.enumerated() {
        // A row that fills up a fixed batch is the one before it.
        if position > 0, index == rows[position - 1] {
          bytes += bytes.suffix(3 * preprocessing.size * preprocessing.size)
        } else {
          let image = try picture(index)
          bytes += try explaining { try preprocessing.rgb(of: image) }
        }
      }
      return [images.entry.input: preprocessing.array(bytes, rows.count, for: images.entry)]
    }
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
    guard isLast else { return NDArray(pixels, [rows, 3, size, size], as: type.scalar) }
    var last: [Float] = []
    last.reserveCapacity(pixels.count)
    for row in 0..<rows {
      for pixel in 0..<plane { for channel in 0..<3 { last.append(pixels[(row * 3 + channel) * plane + pixel]) } }
    }
    return NDArray(last, [rows, size, size, 3], as: type.scalar)
  }
}
