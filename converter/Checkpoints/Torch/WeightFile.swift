import Tensors

/// A file of named tensors, recognised by its content.
public struct WeightFile: Sendable {
  public enum Format: String, Sendable { case safetensors, torch, torchScript }

  public var format: Format
  /// In the order of the file.
  public var tensors: [(name: String, array: NDArray)]
  public var metadata: [String: String]
  /// Entries that are no tensors.
  public var dropped: [String] = []
  /// Whole numbers that lie beside the tensors, as `input_resolution` in OpenAI's archives.
  public var integers: [String: Int] = [:]

  public init(contentsOf path: String) throws(FileError) {
    let file = try Safetensors(contentsOf: path)
    (format, tensors, metadata) = (.safetensors, file.tensors, file.metadata)
  }
}
