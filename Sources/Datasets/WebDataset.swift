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
    func text(_ entry: TarEntry, limit: Int) -> String {
      String(decoding: reader.bytes(entry).prefix(limit), as: UTF8.self)
    }
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
          key: key, source: path, image: FilePart(path: path, range: image.range),
          // A byte more than captions have tells one that is too long.
          caption: caption.map { text($0, limit: Sample.longestCaption + 1) } ?? "",
          classes: parts["cls"].flatMap { entry in
            entry.range.count > 4_096 ? nil : ClassLabels(indices: text(entry, limit: 4_096))
          },
          json: parts["json"].map { FilePart(path: path, range: $0.range) }))
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
    for part in shards.indices { samples += try self.samples(in: part).samples }
    return samples
  }
}
