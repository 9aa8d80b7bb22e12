/// Why a vocabulary could not be read, or a text not be tokenized.
public struct TokenizerError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The file cannot be read or unpacked.
    case unreadable
    /// The merges are not in the expected form.
    case invalidVocabulary
    /// A text has more tokens than the context holds.
    case tooLong
    /// Settings that make no sense.
    case invalidSettings
  }

  public var kind: Kind
  /// The file, line or text, where known.
  public var place: String?
  public var message: String

  public init(_ kind: Kind, place: String? = nil, _ message: String) {
    self.kind = kind
    self.place = place
    self.message = message
  }

  public var description: String {
    "\(place.map { "\($0): " } ?? "")\(message)"
  }
}
