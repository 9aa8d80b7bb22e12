import CONNX
import Testing

/// A refusal by the C layer.
struct Refusal: Error {
  let kind: connx_error_kind
  let offset: Int
  let systemCode: Int32
  let message: String

  init(_ error: connx_error) {
    kind = error.kind
    offset = error.offset
    systemCode = error.system_code
    message = withUnsafePointer(to: error) { String(cString: connx_error_message($0)) }
  }
}

/// Bytes in memory of exactly their size, and the model that was opened from them.
final class OpenedModel {
  let bytes: UnsafeMutableBufferPointer<UInt8>
  private let model: OpaquePointer

  init(_ content: [UInt8]) throws {
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: content.count)
    _ = bytes.initialize(from: content)
    var error = connx_error()
    guard let model = connx_open(bytes.baseAddress, bytes.count, &error) else {
      bytes.deallocate()
      throw Refusal(error)
    }
    self.bytes = bytes
    self.model = model
  }

  deinit {
    connx_close(model)
    bytes.deallocate()
  }

  var proto: Onnx__ModelProto { connx_model_proto(model).pointee }

  func initializer(_ index: Int = 0) throws -> UnsafePointer<Onnx__TensorProto> {
    try UnsafePointer(#require(proto.graph?.pointee.initializer?[index]))
  }

  /// The raw data of an initializer, and where in the opened bytes they were found.
  func rawData(_ index: Int = 0) throws -> (bytes: [UInt8], offset: Int?) {
    let tensor = try initializer(index)
    var start: UnsafePointer<UInt8>?
    var (length, offset) = (0, 0)
    #expect(connx_raw_data(tensor, &start, &length))
    let lifted = connx_raw_data_offset(model, tensor, &offset)
    return (Array(UnsafeBufferPointer(start: start, count: length)), lifted ? offset : nil)
  }

  /// The model serialised again.
  func repacked() throws -> [UInt8] { try Arena().pack(connx_model_proto(model)) }
}
