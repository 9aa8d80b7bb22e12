/// One picture with its caption, as it lies in a shard or a table names it.
public struct Sample: Sendable {
  public var key: String
  /// The shard or the table it came from.
  public var source: String
  /// The picture as it is encoded.
  public var image: FilePart
  public var caption: String
  /// `KEY.cls`: its classes; nil where there are none, or no sound ones.
  public var classes: ClassLabels?
  /// `KEY.json`.
  public var json: FilePart?
  /// All captions that it has, where there are several.
  public var captions: [String] = []

  /// The index of its class, the first of several.
  public var label: Int? { classes?.present.first }

  /// Bytes of the longest caption that is taken.
  public static let longestCaption = 1 << 20
  /// Bytes of the largest picture's file that is taken.
  private static let largestImage = 1 << 29

  /// - Throws: `DatasetError` for captions that are longer than captions are.
  public func checkCaptions() throws(DatasetError) {
    guard ([caption] + captions).contains(where: { $0.utf8.count > Sample.longestCaption }) else { return }
    throw DatasetError(
      source == key ? key : "\(source): \(key)", "a caption has more than \(Sample.longestCaption) bytes; shorten it")
  }

  /// The bytes of the picture, as it is encoded.
  ///
  /// - Throws: `DatasetError` for a file that cannot be read.
  public func encodedImage() throws(DatasetError) -> [UInt8] { try image.bytes(limit: Sample.largestImage) }
}
