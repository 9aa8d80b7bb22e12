/// Why a picture could not be read or prepared.
public struct ImageError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The file cannot be opened or read.
    case unreadable
    /// The bytes are of no format that is read.
    case unknownFormat
    /// The picture is damaged or cut short.
    case corrupt
    /// A valid picture of a kind that is not read.
    case unsupported
    /// More pixels than the limit.
    case tooLarge
    case outOfMemory
    /// Settings of the preprocessing that make no sense.
    case invalidSettings
  }

  public var kind: Kind
  /// The file or the entry of an archive, where known.
  public var place: String?
  public var message: String

  public init(_ kind: Kind, place: String? = nil, _ message: String) {
    self.kind = kind
    self.place = place
    self.message = message
  }

  /// What can be done about it.
  public var remedy: String {
    switch kind {
    case .unreadable: "check the path and its permissions"
    case .unknownFormat, .unsupported: "convert the picture to JPEG, PNG or WebP"
    case .corrupt: "fetch or export the picture again"
    case .tooLarge, .outOfMemory: "scale the picture down first"
    case .invalidSettings: "correct the preprocessing settings of the model"
    }
  }

  public var description: String {
    "\(place.map { "\($0): " } ?? "")\(message); \(remedy)"
  }

  /// The same error at a place.
  func at(_ place: String) -> ImageError {
    ImageError(kind, place: place, message)
  }
}
