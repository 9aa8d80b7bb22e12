/// Something that a graph file does not say of itself: what was taken for it, and from where.
public struct Assumption: Hashable, Sendable, Encodable, CustomStringConvertible {
  /// What the file leaves open, as `mean`.
  public let subject: String
  /// What was taken.
  public let value: String
  /// A file, or words.
  public let source: String

  public init(_ subject: String, _ value: String, from source: String) {
    (self.subject, self.value, self.source) = (subject, value, source)
  }

  public var description: String { "\(subject): \(value) (\(source))" }
}
