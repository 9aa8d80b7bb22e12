/// Where samples come from, in parts that are read one at a time: shards, or stretches of a list.
public protocol SampleSource: Sendable {
  /// What each part is called, in errors and to tell one source from another.
  var partNames: [String] { get }

  /// Hands every complete sample of a part to `body` until that says false; `incomplete` gets the keys of the others.
  func read(part: Int, incomplete: (String) -> Void, body: (Sample) -> Bool) throws(DatasetError)
}

extension SampleSource {
  /// All complete samples of a part.
  func samples(in part: Int) throws(DatasetError) -> (samples: [Sample], incomplete: Int) {
    var samples: [Sample] = []
    var missing = 0
    try read(part: part, incomplete: { _ in missing += 1 }) { sample in
      samples.append(sample)
      return true
    }
    return (samples, missing)
  }

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
  ) throws(DatasetError) { try WebDataset.read(shards[part], incomplete: incomplete, body: body) }
}

/// Pictures by their paths, with captions.
public struct SampleList: SampleSource {
  /// A picture file and what it shows.
  public struct Row: Hashable, Sendable {
    public var path: String
    /// One of them is taken at random, each time.
    public var captions: [String]
    /// The index of its class.
    public var label: Int?

    public init(path: String, captions: [String], label: Int? = nil) {
      (self.path, self.captions, self.label) = (path, captions, label)
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

  public func read(part: Int, incomplete: (String) -> Void, body: (Sample) -> Bool) throws(DatasetError) {
    let start = part * SampleList.partLength
    for row in rows[start..<min(start + SampleList.partLength, rows.count)] {
      guard let caption = row.captions.first else {
        incomplete(row.path)
        continue
      }
      let sample = Sample(
        key: row.path, source: name, image: [], caption: caption, label: row.label, captions: row.captions,
        imagePath: row.path)
      if !body(sample) { return }
    }
  }
}
