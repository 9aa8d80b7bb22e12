/// The type of one element. Raw values are ONNX's `TensorProto.DataType`.
public enum ScalarType: Int, Hashable, Sendable, CaseIterable {
  case float32 = 1
  case uint8 = 2
  case int8 = 3
  case uint16 = 4
  case int16 = 5
  case int32 = 6
  case int64 = 7
  case bool = 9
  case float16 = 10
  case float64 = 11
  case uint32 = 12
  case uint64 = 13
  case bfloat16 = 16

  /// Bytes of one element.
  public var size: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  public var isFloat: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  public var isInteger: Bool { !isFloat && self != .bool }
}

extension ScalarType: CustomStringConvertible {
  public var description: String {
    switch self {
    case .float32: "f32"
    case .uint8: "u8"
    case .int8: "i8"
    case .uint16: "u16"
    case .int16: "i16"
    case .int32: "i32"
    case .int64: "i64"
    case .bool: "bool"
    case .float16: "f16"
    case .float64: "f64"
    case .uint32: "u32"
    case .uint64: "u64"
    case .bfloat16: "bf16"
    }
  }
}

/// A Swift type that is stored as one element of an `NDArray`.
public protocol Scalar: BitwiseCopyable, Hashable, Sendable {
  static var scalarType: ScalarType { get }
}

extension Float: Scalar { public static var scalarType: ScalarType { .float32 } }
extension Double: Scalar { public static var scalarType: ScalarType { .float64 } }
extension Int64: Scalar { public static var scalarType: ScalarType { .int64 } }
extension Int32: Scalar { public static var scalarType: ScalarType { .int32 } }
extension Int16: Scalar { public static var scalarType: ScalarType { .int16 } }
extension Int8: Scalar { public static var scalarType: ScalarType { .int8 } }
extension UInt64: Scalar { public static var scalarType: ScalarType { .uint64 } }
extension UInt32: Scalar { public static var scalarType: ScalarType { .uint32 } }
extension UInt16: Scalar { public static var scalarType: ScalarType { .uint16 } }
extension UInt8: Scalar { public static var scalarType: ScalarType { .uint8 } }
extension Bool: Scalar { public static var scalarType: ScalarType { .bool } }
