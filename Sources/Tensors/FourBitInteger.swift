/// Integers of four bits: files pack two into a byte, arrays hold one a byte. Raw values are ONNX's
/// `TensorProto.DataType`.
public enum FourBitInteger: Int, Hashable, Sendable, CaseIterable {
  /// 0 … 15.
  case uint4 = 21
  /// −8 … 7.
  case int4 = 22

  /// The element type of arrays that hold them.
  public var holder: ScalarType { self == .int4 ? .int8 : .uint8 }
}

extension FourBitInteger: CustomStringConvertible {
  public var description: String { self == .int4 ? "i4" : "u4" }
}
