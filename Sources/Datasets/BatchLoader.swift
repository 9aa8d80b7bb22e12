import Foundation
import Preprocessing
import Tensors

/// Inputs of one training step.
public struct Batch: Sendable {
  /// [N, 3, S, S], float32.
  public var image: NDArray
  /// [N, L], int64; L covers the longest caption.
  public var text: NDArray
  /// Tokens of every caption, without padding.
  public var lengths: [Int] = []
  /// Shard and key of every sample.
  public var keys: [String] = []
  /// Where the stream stands behind this batch.
  public var position = StreamPosition()
}

/// Decodes, augments and tokenises ahead of the training loop, on threads of its own.
///
/// A picture that cannot be decoded or a caption that cannot be used is skipped and counted; more than one in a hundred is an
/// error. Batches depend on the seed alone, whatever the number of threads.
public final class BatchLoader: @unchecked Sendable {
  public struct Options: Sendable {
    public var batchSize = 64
    public var seed: UInt64 = 0
    public var shuffleBuffer = 4_096
    /// Batches kept ready.
    public var prefetch = 3
    /// Threads that decode pictures.
    public var workers = 1
    /// Where to go on; the seed, the size of batches and the shards must be those of then. nil for the beginning.
    public var resume: StreamPosition?
    /// Random crops (the paper's augmentation) instead of centre crops.
    public var augment = true
    /// Resizes random parts (open_clip's augmentation) instead of cropping what is resized.
    public var resizedCrop: RandomResizedCrop?
    /// Captions fill the whole context, with the tokenizer's padding; otherwise they are as long as the longest, padded
    /// with 0.
    public var fillsContext = false
    public init() {}
  }

  /// What was left out, and why: the latest reason is enough to find the cause.
  public struct Skipped: Sendable {
    public var count = 0
    public var latest = ""
  }

  public let options: Options
  let preprocessing: ImagePreprocessing
  let tokenizer: Tokenizer
  private let lock = NSCondition()
  private var ready: [Batch] = []
  private var failure: DatasetError?
  private var stopped = false
  private var skippedSoFar = Skipped()
  private var seconds = 0.0

  public convenience init(
    shards: [String], preprocessing: ImagePreprocessing, tokenizer: Tokenizer, options: Options
  ) {
    self.init(WebDataset(shards: shards), preprocessing: preprocessing, tokenizer: tokenizer, options: options)
  }

  public init(
    _ source: any SampleSource, preprocessing: ImagePreprocessing, tokenizer: Tokenizer, options: Options
  ) {
    self.options = options
    self.preprocessing = preprocessing
    self.tokenizer = tokenizer
    skippedSoFar.count = options.resume?.skipped ?? 0
    let thread = Thread { [self] in
      do throws(DatasetError) {
        var stream = SampleStream(source, bufferSize: options.shuffleBuffer, seed: options.seed)
        if let position = options.resume {
          stream = try SampleStream(source, bufferSize: options.shuffleBuffer, at: position)
        }
        while hasRoom() { put(try load(&stream)) }
      } catch { fail(error) }
    }
    thread.stackSize = 4 << 20
    thread.start()
  }

  /// Ends the loader's thread after the batch that it is making. A loader that is no longer needed must be stopped.
  public func stop() {
    lock.lock()
    stopped = true
    lock.broadcast()
    lock.unlock()
  }

  /// The next batch; waits for it.
  public func next() throws(DatasetError) -> Batch {
    let start = Date()
    lock.lock()
    while ready.isEmpty && failure == nil && !stopped { lock.wait() }
    defer {
      seconds += Date().timeIntervalSince(start)
      lock.broadcast()
      lock.unlock()
    }
    if !ready.isEmpty { return ready.removeFirst() }
    throw failure ?? DatasetError("data", "the loader was stopped")
  }

  public var skipped: Skipped {
    lock.lock()
    defer { lock.unlock() }
    return skippedSoFar
  }

  /// Seconds that `next` has waited in all.
  public var waited: Double {
    lock.lock()
    defer { lock.unlock() }
    return seconds
  }

  private func hasRoom() -> Bool {
    lock.lock()
    defer { lock.unlock() }
    while ready.count >= options.prefetch && !stopped { lock.wait() }
    return !stopped && failure == nil
  }

  private func put(_ batch: Batch) {
    lock.lock()
    ready.append(batch)
    lock.broadcast()
    lock.unlock()
  }

  private func fail(_ error: DatasetError) {
    lock.lock()
    failure = error
    lock.broadcast()
    lock.unlock()
  }

  func skip(_ reason: String, read: Int) throws(DatasetError) {
    lock.lock()
    skippedSoFar.count += 1
    skippedSoFar.latest = reason
    let count = skippedSoFar.count
    lock.unlock()
    if count > 10 && count * 100 > read {
      throw DatasetError(
        "data", "\(count) of \(read) samples cannot be used, which is more than one in a hundred; the last: \(reason)")
    }
  }
}

extension StreamPosition {
  /// Whether a run on this source with this batch size goes on from here.
  public func fits(_ source: any SampleSource, batchSize: Int) -> Bool {
    shards == StreamPosition.digest(of: source) && self.batchSize == batchSize
  }
}
