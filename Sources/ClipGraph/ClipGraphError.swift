import CLIPModel
import Graphs
import ONNX
import Preprocessing
import Runtime
import Tensors

/// What went wrong, where, and how to mend it: the one error of this module.
public struct ClipGraphError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file, an input, a node; may be empty.
  public let place: String
  public let message: String

  public init(_ place: String, _ message: String) {
    self.place = place
    self.message = message
  }

  public var description: String { place.isEmpty ? message : "\(place): \(message)" }

  /// An error of a lower layer, met while working on `place`.
  init(_ error: any Error, at place: String = "") {
    switch error {
    case let error as ClipGraphError: self = error
    case let error as FileError: self.init(error.path, error.message)
    case let error as ConfigurationError: self.init(error.place, error.message)
    default:
      let text = "\(error)"
      self.init(text.hasPrefix(place) ? "" : place, text)
    }
  }
}

/// Runs `body` and turns any error into a `ClipGraphError` at `place`.
func explaining<R>(_ place: String = "", _ body: () throws -> R) throws(ClipGraphError) -> R {
  do { return try body() } catch { throw ClipGraphError(error, at: place) }
}
