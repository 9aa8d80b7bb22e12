import CONNX
import Foundation
import Graphs
import Tensors

extension Model {
  /// Reads an ONNX file. The file is mapped: weights are views of it where their alignment allows, so it must not be
  /// changed in place while the model lives (replacing it by renaming is safe).
  ///
  /// - Throws: `ONNXError`, which names the file.
  public init(
    contentsOf path: String, catalogue: Catalogue, options: ReadOptions = ReadOptions()
  ) throws(ONNXError) {
    do throws(ONNXError) {
      let storage: Storage
      do { storage = try Storage.mapping(path) } catch { throw ONNXError(error) }
      let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
      self = try Model.read(storage, directory: directory, catalogue, options)
    } catch { throw error.inFile(path) }
  }

  /// Reads an ONNX model from memory. External data is refused.
  ///
  /// - Throws: `ONNXError`.
  public init(bytes: [UInt8], catalogue: Catalogue, options: ReadOptions = ReadOptions()) throws(ONNXError) {
    let storage = Storage(byteCount: bytes.count)
    bytes.withUnsafeBytes { source in
      if let start = source.baseAddress { storage.base.copyMemory(from: start, byteCount: bytes.count) }
    }
    self = try Model.read(storage, directory: nil, catalogue, options)
  }

  private static func read(
    _ storage: Storage, directory: String?, _ catalogue: Catalogue, _ options: ReadOptions
  ) throws(ONNXError) -> Model {
    guard storage.count > 0 else { throw ONNXError(.malformed, "is empty") }
    var failure = connx_error()
    guard let opened = connx_open(storage.base.assumingMemoryBound(to: UInt8.self), storage.count, &failure) else {
      let words = String(cString: connx_error_message(&failure))
      if failure.kind == CONNX_LIMIT_EXCEEDED { throw ONNXError(.unsupported, words) }
      throw ONNXError(.malformed, "is not an ONNX model, or is damaged: \(words)")
    }
    defer { connx_close(opened) }
    let external = ExternalData(directory: directory, trustedRoot: options.trustedRoot)
    let decoder = WireDecoder(tensors: TensorDecoder(storage: storage, model: opened, external: external))
    var proto = connx_model_proto(opened).pointee
    if !options.readsTraining { proto.n_training_info = 0 }
    return try ModelReader(try decoder.model(proto), catalogue, options).read()
  }
}
