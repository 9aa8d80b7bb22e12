/// A source whose parts are drawn with replacement, endlessly, as open_clip's `--dataset-resampled` draws shards: each time any
/// of them with the same probability. A sample may come twice before another has come once.
public struct Resampled: SampleSource {
  /// What is drawn: shards, which then give all of their samples, or single rows of a list.
  public let parts: any SampleSource

  public init(_ source: any SampleSource) { parts = source.partsToDraw }

  public var isResampled: Bool { true }
  public var partNames: [String] { parts.partNames }
  public func pictureFiles(part: Int) -> [String] { parts.pictureFiles(part: part) }

  public func read(part: Int, incomplete: (String) -> Void, body: (Sample) -> Bool) throws(DatasetError) {
    try parts.read(part: part, incomplete: incomplete, body: body)
  }
}
