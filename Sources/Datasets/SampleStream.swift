/// An endless, shuffled stream of the samples of a source: its parts in random order every epoch, and a shuffle buffer. The
/// parts of a resampled source are drawn with replacement instead, and there are no epochs.
///
/// The order depends on the seed alone; `position` says where it stands, and a stream may go on from there.
struct SampleStream {
  private typealias Held = (reference: StreamPosition.Reference, sample: Sample)

  private let source: any SampleSource
  private let partCount: Int
  private let digest: String
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

  init(_ source: any SampleSource, bufferSize: Int, seed: UInt64) {
    (self.source, partCount, digest) = (source, source.partNames.count, StreamPosition.digest(of: source))
    self.bufferSize = max(1, bufferSize)
    generator = SeededGenerator(seed: seed)
  }

  /// Goes on from a position in the same source.
  ///
  /// - Throws: `DatasetError` for a shard that cannot be read or has become shorter.
  init(_ source: any SampleSource, bufferSize: Int, at position: StreamPosition) throws(DatasetError) {
    self.init(source, bufferSize: bufferSize, seed: 0)
    generator = SeededGenerator(state: position.generator)
    (order, open, hasBegun) = (position.order, position.open, position.hasBegun)
    (drawn, read, incomplete) = (position.drawn, position.read, position.incomplete)
    guard order.allSatisfy({ $0 < partCount }) else { throw DatasetError("data", "has fewer shards than before") }
    var wanted: [Int: Set<Int>] = [:]
    for reference in position.buffer { wanted[reference.shard, default: []].insert(reference.index) }
    if let open { wanted[open.shard] = wanted[open.shard] ?? [] }
    var found: [StreamPosition.Reference: Sample] = [:]
    for (shard, indices) in wanted.sorted(by: { $0.key < $1.key }) {
      guard shard < partCount else { throw DatasetError("data", "has fewer shards than before") }
      let (samples, _) = try source.samples(in: shard)
      for index in indices where index < samples.count { found[.init(shard: shard, index: index)] = samples[index] }
      if let open, open.shard == shard { pending = samples.dropFirst(open.index).reversed() }
    }
    for reference in position.buffer {
      guard let sample = found[reference] else {
        throw DatasetError(
          source.partNames[reference.shard], "has fewer samples than before: \(reference.index) is missing")
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
    position.shards = digest
    return position
  }

  /// The next sample, and how many came before it.
  ///
  /// - Throws: `DatasetError` for a shard that cannot be read, and for data without a single sample.
  mutating func next() throws(DatasetError) -> (sample: Sample, number: Int) {
    var opened = 0
    while buffer.count < bufferSize {
      guard let sample = pending.popLast(), let reference = open else {
        guard let shard = try nextPart(opened: opened) else { break }
        opened += 1
        let (samples, missing) = try source.samples(in: shard)
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

  /// The part to open next; nil at the end of an epoch, while the buffer holds samples: every sample comes once in an epoch, so
  /// that the buffer is emptied before the next one begins.
  ///
  /// - Parameter opened: parts that were opened since the last sample.
  private mutating func nextPart(opened: Int) throws(DatasetError) -> Int? {
    let mayBeEmpty = source.isResampled ? opened == partCount : order.isEmpty && (hasBegun || partCount == 0)
    if read == 0, mayBeEmpty {
      let count = source.isResampled ? try source.count() : 0
      if count == 0 { throw DatasetError(source.partNames.first ?? "data", "holds no image with a caption") }
    }
    if source.isResampled { return generator.index(partCount) }
    if order.isEmpty {
      if !buffer.isEmpty { return nil }
      hasBegun = true
      order = (0..<partCount).shuffled(using: &generator)
    }
    return order.removeLast()
  }
}
