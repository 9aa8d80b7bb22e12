import Preprocessing
import Tensors

extension BatchLoader {
  /// Makes one batch.
  func load(_ stream: inout SampleStream, _ generator: inout SeededGenerator) throws(DatasetError) -> Batch {
    let (side, count) = (preprocessing.size, options.batchSize)
    let image: NDArray
    do throws(ShapeError) { image = try NDArray(zeros: .float32, [count, 3, side, side]) } catch {
      throw DatasetError("batch", error.message)
    }
    let pixels = image.storage.base.assumingMemoryBound(to: Float.self)
    var captions: [[Int]] = []
    while captions.count < count {
      let sample = try stream.next()
      do throws(ImageError) {
        let tokens = tokens(of: sample.caption)
        let picture = try DecodedImage(data: sample.image)
        let rgb =
          options.augment ? try preprocessing.rgb(of: picture, using: &generator) : try preprocessing.rgb(of: picture)
        let target = UnsafeMutableBufferPointer(start: pixels + captions.count * rgb.count, count: rgb.count)
        preprocessing.normalize(rgb, to: target)
        captions.append(tokens)
      } catch {
        try skip("\(sample.source): \(sample.key): \(error.message)", read: stream.read)
      }
    }
    return Batch(image: image, text: BatchLoader.padded(captions, limit: tokenizer.contextLength))
  }

  /// A caption with start and end, cut to the context length as open_clip does.
  private func tokens(of caption: String) -> [Int] {
    let words = tokenizer.encode(caption).prefix(tokenizer.contextLength - 2)
    return [tokenizer.vocabulary.startOfText] + words + [tokenizer.vocabulary.endOfText]
  }

  /// Rows of one length: the longest, rounded up to a multiple of four so that few programs are planned.
  static func padded(_ rows: [[Int]], limit: Int) -> NDArray {
    let longest = rows.map(\.count).max() ?? 0
    let length = max(longest, min(limit, (longest + 3) / 4 * 4))
    var flat: [Int64] = []
    flat.reserveCapacity(rows.count * length)
    for row in rows {
      flat.append(contentsOf: row.map(Int64.init))
      flat.append(contentsOf: repeatElement(0, count: length - row.count))
    }
    return NDArray(flat, [rows.count, length])
  }
}
