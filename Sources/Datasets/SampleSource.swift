/// Where samples come from, in parts that are read one at a time: shards, or stretches of a list.
public protocol SampleSource: Sendable {
  /// What each part is called, in errors and to tell one source from another.
  var partNames: [String] { get }

  /// The files whose bytes decide what the pictures of a part are.
  func pictureFiles(part: Int) -> [String]

  /// Hands every complete sample of a part to `body` until that says false; `incomplete` gets the keys of the others.
  func read(part: Int, incomplete: (String) -> Void, body: (Sample) -> Bool) throws(DatasetError)

  /// Whether a stream draws parts with replacement rather than each once an epoch.
  var isResampled: Bool { get }

  /// The same samples in the parts that `Resampled` draws.
  var partsToDraw: any SampleSource { get }
}

extension SampleSource {
  public var isResampled: Bool { false }
  public var partsToDraw: any SampleSource { self }

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
  private let partLength: Int

  public init(name: String, rows: [Row]) { self.init(name: name, rows: rows, partLength: 1_024) }

  private init(name: String, rows: [Row], partLength: Int) {
    (self.name, self.rows, self.partLength) = (name, rows, partLength)
  }

  public var partNames: [String] {
    stride(from: 0, to: rows.count, by: partLength).map { start in
      let end = min(start + partLength, rows.count)
      return partLength == 1 ? "\(name), row \(end)" : "\(name), rows \(start + 1) to \(end)"
    }
  }

  /// Single rows.
  public var partsToDraw: any SampleSource { SampleList(name: name, rows: rows, partLength: 1) }

  public func pictureFiles(part: Int) -> [String] { self[part: part].map(\.path) }

  private subscript(part part: Int) -> ArraySlice<Row> {
    rows[part * partLength..<min((part + 1) * partLength, rows.count)]
  }

  public func read(part: Int, incomplete: (String) -> Void, body: (Sample) -> Bool) throws(DatasetError) {
    for row in self[part: part] {
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
