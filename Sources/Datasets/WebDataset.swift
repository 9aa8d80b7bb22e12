import Foundation
import Tensors

/// One image/caption pair as it lies in a shard.
public struct Sample: Sendable {
  public var key: String
  /// The shard it came from.
  public var source: String
  public var image: [UInt8]
  public var caption: String
  /// `KEY.cls`: its classes; nil where there are none, or no sound ones.
  public var classes: ClassLabels?
  /// `KEY.json`.
  public var json: [UInt8]?
  /// All captions that it has, where there are several.
  public var captions: [String] = []
  /// The picture's file, where `image` does not hold it.
  public var imagePath: String?

  /// The index of its class, the first of several.
  public var label: Int? { classes?.present.first }

  /// Bytes of the longest caption that is taken.
  public static let longestCaption = 1 << 20
  /// Bytes of the largest picture's file that is taken.
  static let largestImage = 1 << 29

  /// - Throws: `DatasetError` for captions that are longer than captions are.
  public func checkCaptions() throws(DatasetError) {
    guard let longest = ([caption] + captions).map(\.utf8.count).max(), longest > Sample.longestCaption else { return }
    throw DatasetError(
      source == key ? key : "\(source): \(key)",
      "a caption has \(longest) bytes, more than the limit of \(Sample.longestCaption)")
  }

  /// The picture as it is encoded.
  ///
  /// - Throws: `DatasetError` for a file that cannot be read.
  public func encodedImage() throws(DatasetError) -> [UInt8] {
    guard let imagePath else { return image }
    let bytes: Storage
    do { bytes = try Storage.mapping(imagePath) } catch { throw DatasetError(imagePath, error.message) }
    guard bytes.count <= Sample.largestImage else {
      throw DatasetError(imagePath, "has \(bytes.count) bytes, more than the limit of \(Sample.largestImage)")
    }
    return Array(UnsafeRawBufferPointer(start: bytes.base, count: bytes.count))
  }
}

/// Reads shards in the WebDataset layout: consecutive entries that share a name up to the first dot are one sample, with an
/// image (`jpg`, `jpeg`, `png`, `webp`) and a caption (`txt`).
public struct WebDataset: Sendable {
  public let shards: [String]
  /// Whether a sample without a caption is incomplete.
  public let needsCaptions: Bool

  public init(shards: [String], needsCaptions: Bool = true) {
    (self.shards, self.needsCaptions) = (shards, needsCaptions)
  }

  /// Of several pictures the first of these is taken.
  private static let imageSuffixes = ["jpg", "jpeg", "png", "webp"]

  /// Hands every complete sample of one shard to `body` until that says false; `incomplete` gets the keys of the others.
  public static func read(
    _ path: String, needsCaptions: Bool = true, incomplete: (String) -> Void = { _ in }, body: (Sample) -> Bool
  ) throws(DatasetError) {
    var reader = try TarReader(contentsOf: path)
    var key = ""
    var parts: [String: TarEntry] = [:]
    func flush() -> Bool {
      defer { parts = [:] }
      guard !parts.isEmpty else { return true }
      let caption = parts["txt"]
      guard let image = imageSuffixes.lazy.compactMap({ parts[$0] }).first, caption != nil || !needsCaptions else {
        incomplete(key)
        return true
      }
      return body(
        Sample(
          key: key, source: path, image: reader.bytes(image),
          caption: caption.map { String(decoding: reader.bytes($0), as: UTF8.self) } ?? "",
          classes: parts["cls"].flatMap { entry in
            entry.range.count > 4_096
              ? nil : ClassLabels(indices: String(decoding: reader.bytes(entry), as: UTF8.self))
          },
          json: parts["json"].map { reader.bytes($0) }))
    }
    while let entry = try reader.next() {
      let (folder, base) = pathParts(entry.name)
      guard let dot = base.firstIndex(of: "."), !base.hasPrefix(".") else { continue }
      let stem = (folder.isEmpty ? "" : folder + "/") + base[..<dot]
      if stem != key {
        guard flush() else { return }
        key = stem
      }
      parts[base[base.index(after: dot)...].lowercased()] = entry
    }
    _ = flush()
  }

  /// All captions, for learning a vocabulary.
  public func captions() throws(DatasetError) -> [String] {
    var captions: [String] = []
    for shard in shards {
      var failure: DatasetError?
      try WebDataset.read(shard) { sample in
        do throws(DatasetError) { try sample.checkCaptions() } catch { failure = error }
        captions.append(sample.caption)
        return failure == nil
      }
      if let failure { throw failure }
    }
    return captions
  }

  /// All samples, in order.
  public func samples() throws(DatasetError) -> [Sample] {
    var samples: [Sample] = []
    for shard in shards {
      try WebDataset.read(shard) { sample in
        samples.append(sample)
        return true
      }
    }
    return samples
  }
}
