/// Where samples come from, in parts that are read one at a time: shards, or stretches of a list.
public protocol SampleSource: Sendable {
  /// What each part is called, in errors and to tell one source from another.
  var partNames: [String] { get }

  /// The files whose bytes decide what the pictures of a part are.
  func pictureFiles(part: Int) -> [String]

  /// Hands every complete sample of a part to `body` until that says false; `incomplete` gets the keys of the others.
  func read(part: Int, incomplete: (String) -> Void, body: (Sample) -> Bool) throws(DatasetError)
}

extension SampleSource {
  /// All complete samples of a part. Their pictures are not read.
  ///
  /// - Throws: `DatasetError` for what cannot be read, and for captions of more than `mostCaptionBytes` in all.
  func samples(in part: Int) throws(DatasetError) -> (samples: [Sample], incomplete: Int) {
    var samples: [Sample] = []
    var (missing, bytes) = (0, 0)
    try read(part: part, incomplete: { _ in missing += 1 }) { sample in
      bytes += sample.caption.utf8.count
      samples.append(sample)
      return bytes <= mostCaptionBytes
    }
    guard bytes <= mostCaptionBytes else {
      throw DatasetError(
        partNames[part],
        "its captions have more than \(mostCaptionBytes) bytes together; divide it into smaller shards")
    }
    return (samples, missing)
  }

  /// Bytes of the captions of one part that are held at once.
  private var mostCaptionBytes: Int { 1 << 28 }

  /// How many complete samples there are: what an epoch is.
  public func count() throws(DatasetError) -> Int {
    var count = 0
    for part in partNames.indices {
      try read(part: part, incomplete: { _ in }) { _ in
        count += 1
        return true
      }
    }
    return count
  }
}

extension WebDataset: SampleSource {
  public var partNames: [String] { shards }

  public func read(
    part: Int, incomplete: (String) -> Void, body: (Sample) -> Bool
  ) throws(DatasetError) {
    try WebDataset.read(shards[part], needsCaptions: needsCaptions, incomplete: incomplete, body: body)
  }

  public func pictureFiles(part: Int) -> [String] { [shards[part]] }
}

/// Pictures by their paths, with captions.
public struct SampleList: SampleSource {
  /// A picture file and what it shows.
  public struct Row: Hashable, Sendable {
    public var path: String
    /// One of them is taken at random, each time.
    public var captions: [String]
    public var classes: ClassLabels?

    public init(path: String, captions: [String], classes: ClassLabels? = nil) {
      (self.path, self.captions, self.classes) = (path, captions, classes)
    }
  }

  public let name: String
  public let rows: [Row]
  /// Rows of a part.
  static let partLength = 1_024

  public init(name: String, rows: [Row]) { (self.name, self.rows) = (name, rows) }

  public var partNames: [String] {
    stride(from: 0, to: rows.count, by: SampleList.partLength).map { start in
      "\(name), rows \(start + 1) to \(min(start + SampleList.partLength, rows.count))"
    }
  }

  public func pictureFiles(part: Int) -> [String] {
    let start = part * SampleList.partLength
    return rows[start..<min(start + SampleList.partLength, rows.count)].map(\.path)
  }

  public func read(part: Int, incomplete: (String) -> Void, body: (Sample) -> Bool) throws(DatasetError) {
    let start = part * SampleList.partLength
    for row in rows[start..<min(start + SampleList.partLength, rows.count)] {
      guard let caption = row.captions.first ?? (row.classes == nil ? nil : "") else {
        incomplete(row.path)
        continue
      }
      let sample = Sample(
        key: row.path, source: name, image: FilePart(path: row.path), caption: caption, classes: row.classes,
        captions: row.captions)
      if !body(sample) { return }
    }
  }
}
