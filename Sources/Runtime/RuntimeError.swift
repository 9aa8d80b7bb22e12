import Graphs
import Tensors

/// What went wrong while a graph was planned or run: what, where, and both sides of the mismatch.
public struct RuntimeError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// An input that the asked outputs need was not given.
    case missingInput
    /// No input, output or state bears this name.
    case unknownName
    /// Another element type than declared.
    case wrongType
    /// Another shape than declared, or symbols that do not agree.
    case wrongShape
    /// A shape depends on numbers that are not known before running.
    case dependsOnData
    /// The graph cannot be planned.
    case planning
    /// A kernel refused the data it was given.
    case data
    /// The machine does not give the memory asked for.
    case memory
  }

  public let kind: Kind
  /// A node, or the name of an input, output or state.
  public let place: String
  public let message: String

  public init(_ kind: Kind, at place: String, _ message: String) {
    self.kind = kind
    self.place = place
    self.message = message
  }

  public var description: String { "\(place): \(message)" }

  init(_ error: GraphError) {
    let kind: Kind
    switch error.kind {
    case .unknownName: kind = .unknownName
    case .shape where error.message.contains("depends on data"): kind = .dependsOnData
    default: kind = .planning
    }
    self.init(kind, at: error.place, error.message)
  }
}
