import Tensors

/// A graph that is not well-formed, or a request that it cannot meet.
public struct GraphError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable {
    case shape, arity, cycle, order, duplicateName, unknownName, type, unsupported
  }
  public let kind: Kind
  /// A node, a value or a module path.
  public let place: String
  public let message: String

  public init(_ kind: Kind, at place: String, _ message: String) {
    self.kind = kind
    self.place = place
    self.message = message
  }

  public var description: String { "\(place): \(message)" }
}

/// All that went wrong while a graph was built, at once.
public struct BuildError: Error, Sendable, CustomStringConvertible {
  public let diagnostics: [GraphError]
  public init(_ diagnostics: [GraphError]) { self.diagnostics = diagnostics }
  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
