import Graphs
import Tensors

/// A graph file that could not be read or written: what, where, and how to mend it.
public struct ONNXError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable {
    /// The file is missing, unreadable, or cannot be written.
    case file
    /// The bytes are no ONNX model.
    case malformed
    /// Well-formed ONNX, but beyond what is supported; a limit included.
    case unsupported
    /// The model contradicts itself: names, types, shapes, wiring.
    case invalid
    /// The training information contradicts the graph.
    case training
    /// External data that is missing, too short, or outside of the model's directory.
    case externalData
  }

  public let kind: Kind
  /// A path, a node, a value or an initializer; empty for the model as a whole.
  public let place: String
  public let message: String

  public init(_ kind: Kind, at place: String = "", _ message: String) {
    self.kind = kind
    self.place = place
    self.message = message
  }

  public var description: String { place.isEmpty ? message : "\(place): \(message)" }
}

extension ONNXError {
  init(_ error: GraphError) { self.init(.invalid, at: error.place, error.message) }
  init(_ error: BuildError) {
    self.init(.invalid, error.diagnostics.map(\.description).joined(separator: "; "))
  }
  init(_ error: FileError) { self.init(.file, at: error.path, error.message) }

  /// The same error, said of a file.
  func inFile(_ path: String) -> ONNXError {
    kind == .file ? self : ONNXError(kind, at: path, description)
  }
}
