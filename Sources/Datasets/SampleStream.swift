/// An endless, shuffled stream of the samples of some shards: shards in random order every epoch, and a shuffle buffer.
///
/// The order depends on the seed alone.
struct SampleStream {
  private let shards: [String]
  private let bufferSize: Int
  private var generator: SeededGenerator
  private var order: [String] = []
  private var buffer: [Sample] = []
  private var pending: [Sample] = []
  /// Complete samples met so far, and those that lacked an image or a caption.
  private(set) var read = 0
  private(set) var incomplete = 0

  init(shards: [String], bufferSize: Int, seed: UInt64) {
    self.shards = shards
    self.bufferSize = max(1, bufferSize)
    generator = SeededGenerator(seed: seed)
  }

  /// The next sample.
  ///
  /// - Throws: `DatasetError` for a shard that cannot be read, and for data without a single sample.
  mutating func next() throws(DatasetError) -> Sample {
    while buffer.count < bufferSize {
      if pending.isEmpty {
        if order.isEmpty {
          if read == 0 && !firstEpoch { throw DatasetError(shards.first ?? "data", "holds no image with a caption") }
          firstEpoch = false
          order = shards.shuffled(using: &generator)
          // A data set that fits the buffer is shuffled whole, one epoch after another.
          if !buffer.isEmpty { break }
        }
        pending = try load(order.removeLast()).reversed()
        continue
      }
      buffer.append(pending.removeLast())
    }
    let index = generator.index(buffer.count)
    buffer.swapAt(index, buffer.count - 1)
    return buffer.removeLast()
  }

  private var firstEpoch = true

  private mutating func load(_ shard: String) throws(DatasetError) -> [Sample] {
    var samples: [Sample] = []
    var missing = 0
    try WebDataset.read(shard, incomplete: { _ in missing += 1 }) { sample in
      samples.append(sample)
      return true
    }
    incomplete += missing
    read += samples.count
    return samples
  }
}
