/// An endless, shuffled stream of the samples of some shards: shards in random order every epoch, and a shuffle buffer.
///
/// The order depends on the seed alone; `position` says where it stands, and a stream may go on from there.
struct SampleStream {
  private typealias Held = (reference: StreamPosition.Reference, sample: Sample)

  private let shards: [String]
  private let bufferSize: Int
  private var generator: SeededGenerator
  private var order: [Int] = []
  private var buffer: [Held] = []
  /// The samples of the open shard that are not in the buffer yet, the next one last.
  private var pending: [Sample] = []
  private var open: StreamPosition.Reference?
  private var hasBegun = false
  private var drawn = 0
  /// Complete samples met so far, and those that lacked an image or a caption.
  private(set) var read = 0
  private(set) var incomplete = 0

  init(shards: [String], bufferSize: Int, seed: UInt64) {
    self.shards = shards
    self.bufferSize = max(1, bufferSize)
    generator = SeededGenerator(seed: seed)
  }

  /// Goes on from a position in the same shards.
  ///
  /// - Throws: `DatasetError` for a shard that cannot be read or has become shorter.
  init(shards: [String], bufferSize: Int, at position: StreamPosition) throws(DatasetError) {
    self.init(shards: shards, bufferSize: bufferSize, seed: 0)
    generator = SeededGenerator(state: position.generator)
    (order, open, hasBegun) = (position.order, position.open, position.hasBegun)
    (drawn, read, incomplete) = (position.drawn, position.read, position.incomplete)
    guard order.allSatisfy({ $0 < shards.count }) else { throw DatasetError("data", "has fewer shards than before") }
    var wanted: [Int: Set<Int>] = [:]
    for reference in position.buffer { wanted[reference.shard, default: []].insert(reference.index) }
    if let open { wanted[open.shard] = wanted[open.shard] ?? [] }
    var found: [StreamPosition.Reference: Sample] = [:]
    for (shard, indices) in wanted.sorted(by: { $0.key < $1.key }) {
      guard shard < shards.count else { throw DatasetError("data", "has fewer shards than before") }
      let (samples, _) = try SampleStream.load(shards[shard])
      for index in indices where index < samples.count { found[.init(shard: shard, index: index)] = samples[index] }
      if let open, open.shard == shard { pending = samples.dropFirst(open.index).reversed() }
    }
    for reference in position.buffer {
      guard let sample = found[reference] else {
        throw DatasetError(shards[reference.shard], "has fewer samples than before: \(reference.index) is missing")
      }
      buffer.append((reference, sample))
    }
  }

  /// All that the samples to come depend on.
  var position: StreamPosition {
    var position = StreamPosition()
    (position.drawn, position.generator, position.order, position.open) = (drawn, generator.state, order, open)
    (position.read, position.incomplete, position.hasBegun) = (read, incomplete, hasBegun)
    position.buffer = buffer.map(\.reference)
    position.shards = StreamPosition.digest(of: shards)
    return position
  }

  /// The next sample, and how many came before it.
  ///
  /// - Throws: `DatasetError` for a shard that cannot be read, and for data without a single sample.
  mutating func next() throws(DatasetError) -> (sample: Sample, number: Int) {
    while buffer.count < bufferSize {
      guard let sample = pending.popLast(), let reference = open else {
        if order.isEmpty {
          if read == 0 && hasBegun { throw DatasetError(shards.first ?? "data", "holds no image with a caption") }
          hasBegun = true
          order = shards.indices.shuffled(using: &generator)
          // A data set that fits the buffer is shuffled whole, one epoch after another.
          if !buffer.isEmpty { break }
        }
        let shard = order.removeLast()
        let (samples, missing) = try SampleStream.load(shards[shard])
        (pending, open) = (samples.reversed(), .init(shard: shard, index: 0))
        (read, incomplete) = (read + samples.count, incomplete + missing)
        continue
      }
      buffer.append((reference, sample))
      open?.index += 1
    }
    let index = generator.index(buffer.count)
    buffer.swapAt(index, buffer.count - 1)
    drawn += 1
    return (buffer.removeLast().sample, drawn - 1)
  }

  private static func load(_ shard: String) throws(DatasetError) -> (samples: [Sample], incomplete: Int) {
    var samples: [Sample] = []
    var missing = 0
    try WebDataset.read(shard, incomplete: { _ in missing += 1 }) { sample in
      samples.append(sample)
      return true
    }
    return (samples, missing)
  }
}
