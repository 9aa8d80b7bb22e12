import CONNX
import Tensors

/// Turns TensorProtos into arrays: views of the mapped model file, of mapped external data, or copies of typed fields.
struct TensorDecoder {
  /// The bytes that the model was opened from.
  let storage: Storage
  let model: OpaquePointer
  let external: ExternalData
  /// Bytes from which on an array may lie at an address that does not suit its elements.
  private static let leastUnaligned = 1 << 16

  /// - Parameter place: who holds the tensor, for errors.
  func array(_ pointer: UnsafePointer<Onnx__TensorProto>, at place: String) throws(ONNXError) -> NDArray {
    let t = pointer.pointee
    let code = t.has_data_type != 0 ? Int(t.data_type) : 0
    let sizes = UnsafeBufferPointer(start: t.dims, count: t.n_dims).map { Int($0) }
    if let type = FourBitInteger(rawValue: code) { return try unpacked(pointer, type, sizes, at: place) }
    guard let scalar = ScalarType(rawValue: code) else {
      throw ONNXError(.unsupported, at: place, "has the element type \(elementTypeName(code)), which is not supported")
    }
    return try array(pointer, scalar, sizes, at: place)
  }

  /// What the tensor holds as elements of a type and sizes that need not be those it declares.
  func array(
    _ pointer: UnsafePointer<Onnx__TensorProto>, _ scalar: ScalarType, _ sizes: [Int], at place: String
  ) throws(ONNXError) -> NDArray {
    let t = pointer.pointee
    func invalid(_ message: String) -> ONNXError { ONNXError(.invalid, at: place, message) }
    if t.segment != nil { throw ONNXError(.unsupported, at: place, "is cut in segments, which is not supported") }
    let byteCount: Int
    do { byteCount = try NDArray.byteCount(scalar, sizes) } catch { throw invalid(error.message) }

    let typed = [
      t.n_float_data, t.n_int32_data, t.n_int64_data, t.n_double_data, t.n_uint64_data, t.n_string_data,
    ].filter { $0 > 0 }.count
    let isExternal = t.has_data_location != 0 && t.data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL
    guard typed + (t.has_raw_data != 0 ? 1 : 0) + (isExternal ? 1 : 0) <= 1 else {
      throw invalid("holds its numbers in several places at once")
    }
    if isExternal {
      let entries = UnsafeBufferPointer(start: t.external_data, count: t.n_external_data).compactMap { $0?.pointee }
      let pairs = entries.map { ($0.key.map { String(cString: $0) } ?? "", $0.value.map { String(cString: $0) } ?? "") }
      let (file, offset) = try external.range(pairs, byteCount: byteCount, at: place)
      return try view(scalar, sizes, file, offset, at: place)
    }
    if t.has_raw_data != 0 { return try raw(pointer, scalar, sizes, byteCount, at: place) }
    return try typedArray(t, scalar, sizes, byteCount, at: place)
  }

  private func raw(
    _ pointer: UnsafePointer<Onnx__TensorProto>, _ scalar: ScalarType, _ sizes: [Int], _ byteCount: Int,
    at place: String
  ) throws(ONNXError) -> NDArray {
    var bytes: UnsafePointer<UInt8>?
    var length = 0
    _ = connx_raw_data(pointer, &bytes, &length)
    guard length == byteCount else {
      throw ONNXError(
        .invalid, at: place, "is \(scalar)\(Shape(sizes)), \(byteCount) bytes, but its raw data has \(length) bytes")
    }
    var offset = 0
    if connx_raw_data_offset(model, pointer, &offset) { return try view(scalar, sizes, storage, offset, at: place) }
    return try copy(scalar, sizes, bytes.map { UnsafeRawPointer($0) }, byteCount, at: place)
  }

  /// A view, or a copy where a small array lies at an address that does not suit the element type.
  private func view(
    _ scalar: ScalarType, _ sizes: [Int], _ storage: Storage, _ offset: Int, at place: String
  ) throws(ONNXError) -> NDArray {
    do {
      let view = try NDArray(scalar, sizes, storage: storage, offset: offset)
      // Large weights may stay where they are, whatever their address: a session packs or aligns them.
      return view.byteCount >= TensorDecoder.leastUnaligned ? view : view.aligned
    } catch { throw ONNXError(.invalid, at: place, error.message) }
  }

  private func copy(
    _ scalar: ScalarType, _ sizes: [Int], _ source: UnsafeRawPointer?, _ byteCount: Int, at place: String
  ) throws(ONNXError) -> NDArray {
    do {
      let array = try NDArray(zeros: scalar, sizes)
      if let source, byteCount > 0 { array.address.copyMemory(from: source, byteCount: byteCount) }
      return array
    } catch { throw ONNXError(.invalid, at: place, error.message) }
  }

  private func typedArray(
    _ t: Onnx__TensorProto, _ scalar: ScalarType, _ sizes: [Int], _ byteCount: Int, at place: String
  ) throws(ONNXError) -> NDArray {
    let count = byteCount / scalar.size
    func check(_ held: Int, _ field: String) throws(ONNXError) {
      guard held == count else {
        throw ONNXError(
          .invalid, at: place, "is \(scalar)\(Shape(sizes)), \(count) elements, but its \(field) has \(held)")
      }
    }
    let ints = UnsafeBufferPointer(start: t.int32_data, count: t.n_int32_data)
    switch scalar {
    case .float32:
      try check(t.n_float_data, "float_data")
      return try copy(scalar, sizes, t.float_data.map { UnsafeRawPointer($0) }, byteCount, at: place)
    case .float64:
      try check(t.n_double_data, "double_data")
      return try copy(scalar, sizes, t.double_data.map { UnsafeRawPointer($0) }, byteCount, at: place)
    case .int64:
      try check(t.n_int64_data, "int64_data")
      return try copy(scalar, sizes, t.int64_data.map { UnsafeRawPointer($0) }, byteCount, at: place)
    case .uint64:
      try check(t.n_uint64_data, "uint64_data")
      return try copy(scalar, sizes, t.uint64_data.map { UnsafeRawPointer($0) }, byteCount, at: place)
    case .uint32:
      try check(t.n_uint64_data, "uint64_data")
      let values = UnsafeBufferPointer(start: t.uint64_data, count: count)
      return NDArray(values.map { UInt32(truncatingIfNeeded: $0) }, sizes)
    case .int32:
      try check(t.n_int32_data, "int32_data")
      return try copy(scalar, sizes, t.int32_data.map { UnsafeRawPointer($0) }, byteCount, at: place)
    case .int8:
      try check(t.n_int32_data, "int32_data")
      return NDArray(ints.map { Int8(truncatingIfNeeded: $0) }, sizes)
    case .uint8:
      try check(t.n_int32_data, "int32_data")
      return NDArray(ints.map { UInt8(truncatingIfNeeded: $0) }, sizes)
    case .int16:
      try check(t.n_int32_data, "int32_data")
      return NDArray(ints.map { Int16(truncatingIfNeeded: $0) }, sizes)
    case .bool:
      try check(t.n_int32_data, "int32_data")
      return NDArray(ints.map { $0 != 0 }, sizes)
    case .uint16, .float16, .bfloat16:
      try check(t.n_int32_data, "int32_data")
      let bits = ints.map { UInt16(truncatingIfNeeded: $0) }
      let array = NDArray(bits, sizes)
      do { return try NDArray(scalar, sizes, storage: array.storage, offset: 0) } catch {
        throw ONNXError(.invalid, at: place, error.message)
      }
    }
  }
}

/// The name of a TensorProto.DataType; of one that is not supported with its number.
func elementTypeName(_ code: Int) -> String {
  if let scalar = ScalarType(rawValue: code) { return "\(scalar)" }
  if let type = FourBitInteger(rawValue: code) { return "\(type)" }
  let names = [
    0: "undefined", 8: "string", 14: "complex64", 15: "complex128", 17: "float8e4m3fn", 18: "float8e4m3fnuz",
    19: "float8e5m2", 20: "float8e5m2fnuz", 23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2",
  ]
  return names[code].map { "\($0) (\(code))" } ?? "\(code)"
}
