/// Why a training run has stopped: where, what is wrong, and what to do.
public struct TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The loss or a parameter is infinite or no number.
    case diverged
    /// The data cannot be read or do not fit the algorithm.
    case data
    /// The algorithm cannot be run.
    case algorithm
    /// A checkpoint cannot be written.
    case checkpoint
    /// A log cannot be read or written.
    case log
  }

  public let kind: Kind
  public let place: String
  public let message: String

  public init(_ kind: Kind, at place: String, _ message: String) {
    self.kind = kind
    self.place = place
    self.message = message
  }

  public var description: String { "\(place): \(message)" }
}
