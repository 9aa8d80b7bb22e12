import ClipGraph
import Datasets

/// Why an evaluation is not possible: which shard or sample, what is wrong, and what to do.
public struct EvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
  public let place: String
  public let message: String

  public init(_ place: String, _ message: String) {
    self.place = place
    self.message = message
  }

  init(_ error: ClipGraphError) { self.init(error.place, error.message) }
  init(_ error: DatasetError) { self.init(error.place, error.message) }

  public var description: String { place.isEmpty ? message : "\(place): \(message)" }
}
