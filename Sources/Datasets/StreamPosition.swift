import Foundation

/// Where a shuffled stream of samples stands: all that the samples to come depend on, besides the shards.
public struct StreamPosition: Hashable, Sendable, Codable {
  /// A sample by its shard's place in the list and its own among the shard's complete samples.
  struct Reference: Hashable, Sendable {
    var shard: Int
    var index: Int
  }

  /// Samples handed out so far.
  public var drawn = 0
  /// Samples of those that could not be used.
  public var skipped = 0
  /// Samples that a batch holds; the batches to come have the same augmentation for the same number only.
  public var batchSize = 0
  /// Seed of the augmentation.
  public var seed: UInt64 = 0
  /// A digest of the shards' names and number, and whether they are drawn with replacement.
  public var shards: String = ""
  var generator: UInt64 = 0
  /// Shards of the epoch that have not been opened, the next one last.
  var order: [Int] = []
  /// The shard that is open, and how many of its samples have gone into the buffer.
  var open: Reference?
  /// Samples in the shuffle buffer, in order.
  var buffer: [Reference] = []
  var read = 0
  var incomplete = 0
  var hasBegun = false

  public init() {}

  /// From the text that `text` gives.
  ///
  /// - Throws: `DatasetError` for anything else.
  public init(text: String) throws(DatasetError) {
    do { self = try JSONDecoder().decode(StreamPosition.self, from: Data(text.utf8)) } catch {
      throw DatasetError("position in the data", "cannot be read: \(error)")
    }
    let all = buffer + (open.map { [$0] } ?? [])
    guard all.allSatisfy({ $0.shard >= 0 && $0.index >= 0 }), order.allSatisfy({ $0 >= 0 }), drawn >= 0, read >= 0
    else {
      throw DatasetError("position in the data", "has numbers below zero")
    }
  }

  public var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// What tells one source from another: whether it is resampled, how many shards there are, and an FNV-1a hash of their names
  /// without folders.
  static func digest(of source: any SampleSource) -> String {
    let shards = source.partNames
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for shard in shards {
      for byte in pathParts(shard).name.utf8 + [0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    return (source.isResampled ? "resampled:" : "") + "\(shards.count):" + String(hash, radix: 16)
  }
}

extension StreamPosition.Reference: Codable {
  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    (shard, index) = (try container.decode(Int.self), try container.decode(Int.self))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(shard)
    try container.encode(index)
  }
}
