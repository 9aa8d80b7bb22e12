import Dispatch
import Preprocessing
import Synchronization
import Tensors

extension BatchLoader {
  /// Makes one batch: the first samples of the stream that can be used. What becomes of a sample depends on the seed and on its
  /// number, not on who decodes it.
  func load(_ stream: inout SampleStream) throws(DatasetError) -> Batch {
    let (side, count) = (preprocessing.size, options.batchSize)
    let image: NDArray
    do throws(ShapeError) { image = try NDArray(zeros: .float32, [count, 3, side, side]) } catch {
      throw DatasetError("batch", error.message)
    }
    let pixels = Pixels(image, count: 3 * side * side)
    var captions: [[Int]] = []
    var keys: [String] = []
    while captions.count < count {
      let first = captions.count
      var samples: [(sample: Sample, number: Int)] = []
      while samples.count < count - first { samples.append(try stream.next()) }
      let failures = decode(samples, into: pixels, first: first)
      for (index, item) in samples.enumerated() {
        if let failure = failures[index] {
          try skip("\(item.sample.source): \(item.sample.key): \(failure)", read: stream.read)
          continue
        }
        pixels.move(first + index, to: captions.count)
        captions.append(tokens(of: caption(of: item.sample, number: item.number)))
        keys.append("\(item.sample.source): \(item.sample.key)")
      }
    }
    var position = stream.position
    (position.batchSize, position.seed, position.skipped) = (count, options.seed, skipped.count)
    return Batch(
      image: image, text: padded(captions), lengths: captions.map(\.count), keys: keys, position: position)
  }

  /// Where a batch's pictures go. Every picture has one writer.
  private struct Pixels: @unchecked Sendable {
    let image: NDArray
    let count: Int

    init(_ image: NDArray, count: Int) { (self.image, self.count) = (image, count) }

    func target(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
      let base = image.address.assumingMemoryBound(to: Float.self)
      return UnsafeMutableBufferPointer(start: base + index * count, count: count)
    }

    func move(_ index: Int, to other: Int) {
      guard index != other, let from = target(index).baseAddress else { return }
      target(other).baseAddress?.update(from: from, count: count)
    }
  }

  /// Decodes pictures, on several threads if asked; why the others cannot be, by index.
  private func decode(
    _ samples: [(sample: Sample, number: Int)], into pixels: Pixels, first: Int
  ) -> [Int: String] {
    let failures = Mutex<[Int: String]>([:])
    let lanes = max(1, min(options.workers, samples.count))
    DispatchQueue.concurrentPerform(iterations: lanes) { lane in
      for index in stride(from: lane, to: samples.count, by: lanes) {
        do {
          try decode(samples[index].sample, number: samples[index].number, to: pixels.target(first + index))
        } catch let error as ImageError {
          failures.withLock { $0[index] = error.message }
        } catch { failures.withLock { $0[index] = "\(error)" } }
      }
    }
    return failures.withLock { $0 }
  }

  private func decode(_ sample: Sample, number: Int, to target: UnsafeMutableBufferPointer<Float>) throws {
    try sample.checkCaptions()
    let picture = try DecodedImage(data: try sample.encodedImage())
    var generator = generator(of: number)
    preprocessing.normalize(try rgb(of: picture, using: &generator), to: target)
  }

  private func rgb(of picture: DecodedImage, using generator: inout SeededGenerator) throws(ImageError) -> [UInt8] {
    guard options.augment else { return try preprocessing.rgb(of: picture) }
    guard let crop = options.resizedCrop else { return try preprocessing.rgb(of: picture, using: &generator) }
    return try preprocessing.rgb(of: picture, crop, using: &generator)
  }

  /// What is random about a sample depends on the seed and on its number.
  private func generator(of number: Int) -> SeededGenerator {
    SeededGenerator(seed: options.seed ^ 0xA5A5_5A5A &+ UInt64(bitPattern: Int64(number)) &* 0x9E37_79B9_7F4A_7C15)
  }

  private func caption(of sample: Sample, number: Int) -> String {
    guard sample.captions.count > 1 else { return sample.caption }
    var generator = generator(of: ~number)
    return generator.element(of: sample.captions)
  }

  /// A caption with start and end, cut to the context length as open_clip does.
  private func tokens(of caption: String) -> [Int] {
    let words = tokenizer.encode(caption).prefix(tokenizer.contextLength - 2)
    return [tokenizer.vocabulary.startOfText] + words + [tokenizer.vocabulary.endOfText]
  }

  /// Rows of one length: the context's, or the longest, rounded up to a multiple of four so that few programs are planned.
  private func padded(_ rows: [[Int]]) -> NDArray {
    let (longest, limit) = (rows.map(\.count).max() ?? 0, tokenizer.contextLength)
    let length = options.fillsContext ? limit : max(longest, min(limit, (longest + 3) / 4 * 4))
    let padding = options.fillsContext ? Int64(tokenizer.padding) : 0
    var flat: [Int64] = []
    flat.reserveCapacity(rows.count * length)
    for row in rows {
      flat.append(contentsOf: row.map(Int64.init))
      flat.append(contentsOf: repeatElement(padding, count: length - row.count))
    }
    return NDArray(flat, [rows.count, length])
  }
}
