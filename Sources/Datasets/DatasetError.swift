/// Data that cannot be read or written: which file, what is wrong, and what to do.
public struct DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
  public let place: String
  public let message: String
  public init(_ place: String, _ message: String) {
    self.place = place
    self.message = message
  }
  public var description: String { "\(place): \(message)" }
}
