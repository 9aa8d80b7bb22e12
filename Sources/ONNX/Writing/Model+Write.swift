import CONNX
import Foundation
import Graphs
import Tensors

extension Model {
  /// Writes an ONNX file, and `NAME.onnx.data` (or what `options` call it) beside it where the weights lie outside. A file that exists is replaced
  /// only when the new one is complete on disk; a failure leaves it as it was.
  ///
  /// - Throws: `ONNXError`.
  public func write(to path: String, options: WriteOptions = WriteOptions()) throws(ONNXError) {
    var wire = try ModelWriter(self, options).wire()
    let name = URL(fileURLWithPath: path).lastPathComponent
    let dataName = options.dataName ?? name + ".data"
    let layout = Model.usesDataFile(wire, options) ? WeightLayout.externalise(&wire, location: dataName) : nil

    do {
      try Model.write(wire, layout, to: path, dataPath: path.dropLast(name.count) + dataName)
    } catch let error as FileError { throw ONNXError(error) } catch let error as ONNXError { throw error } catch {
      throw ONNXError(.file, at: path, "\(error)")
    }
  }

  private static func write(_ wire: WireModel, _ layout: WeightLayout?, to path: String, dataPath: String) throws {
    var data: AtomicFile?
    if let layout, !layout.pieces.isEmpty || layout.byteCount > 0 {
      let file = try AtomicFile(dataPath)
      for (array, offset) in layout.pieces {
        try array.withUnsafeBytes { bytes throws(FileError) in try file.write(bytes, at: offset) }
      }
      try file.truncate(to: layout.byteCount)
      try file.synchronise()
      data = file
    }
    let file = try AtomicFile(path)
    let encoder = WireEncoder()
    var failure = connx_error()
    let written = withExtendedLifetime(wire) { connx_write(encoder.model(wire), file.descriptor, &failure) }
    guard written else {
      if failure.kind == CONNX_WRITE_FAILED { throw AtomicFile.failure(path, failure.system_code) }
      throw ONNXError(
        .unsupported, at: path, "\(String(cString: connx_error_message(&failure))); write the weights to a data file")
    }
    try file.synchronise()
    try data?.commit()
    try file.commit()
  }

  /// The model as the bytes of a file, weights included.
  ///
  /// - Throws: `ONNXError`, for models of 2 GiB and more too.
  public func serialized(options: WriteOptions = WriteOptions()) throws(ONNXError) -> [UInt8] {
    let wire = try ModelWriter(self, options).wire()
    let encoder = WireEncoder()
    return try withExtendedLifetime(wire) { () throws(ONNXError) -> [UInt8] in
      try encoder.pack(encoder.model(wire))
    }
  }

  private static func usesDataFile(_ wire: WireModel, _ options: WriteOptions) -> Bool {
    switch options.weights {
    case .external: true
    case .inFile: false
    case .automatic(let limit): WeightLayout.weightBytes(of: wire) > limit
    }
  }
}
