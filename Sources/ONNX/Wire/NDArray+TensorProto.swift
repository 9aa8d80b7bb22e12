import CONNX
import Tensors

extension NDArray {
  /// Reads one serialised TensorProto and its name: the `.pb` files that test data and other programs keep single tensors
  /// in. External data is refused.
  ///
  /// - Throws: `ONNXError`.
  public static func named(tensorProto bytes: [UInt8]) throws(ONNXError) -> (name: String, array: NDArray) {
    // The reader takes whole models: ModelProto.graph (7) with one GraphProto.initializer (5).
    let model = field(7, field(5, bytes))
    let storage = Storage(byteCount: model.count)
    model.withUnsafeBytes { source in
      if let start = source.baseAddress { storage.base.copyMemory(from: start, byteCount: source.count) }
    }
    var failure = connx_error()
    guard let opened = connx_open(storage.base.assumingMemoryBound(to: UInt8.self), storage.count, &failure) else {
      throw ONNXError(.malformed, "is not a tensor, or is damaged: \(String(cString: connx_error_message(&failure)))")
    }
    defer { connx_close(opened) }
    guard let graph = connx_model_proto(opened).pointee.graph?.pointee, graph.n_initializer == 1,
      let pointer = graph.initializer[0]
    else { throw ONNXError(.malformed, "is not a tensor") }
    let external = ExternalData(directory: nil, trustedRoot: nil)
    let decoder = TensorDecoder(storage: storage, model: opened, external: external)
    let name = pointer.pointee.name.map { String(cString: $0) } ?? ""
    return (name, try decoder.array(pointer, at: name))
  }

  /// A length-delimited field of protobuf's wire format.
  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    var field = [number << 3 | 2]
    var length = bytes.count
    while length >= 0x80 {
      field.append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    field.append(UInt8(length))
    return field + bytes
  }
}
