/// A constant operand in a layout that a kernel reads faster: made once, and shared by all kernels that ask for the same.
///
/// The kernel finds the packed bytes in the place of the operand.
public struct WeightPacking: Sendable {
  /// The operand, by its position.
  public var input: Int
  /// Names the layout: packings of one constant under one name are the same bytes.
  public var layout: String
  public var byteCount: Int
  /// Whether the operand may lie at any address, aligned to its elements or not.
  public var takesAnyAddress = false
  /// Writes `byteCount` bytes, aligned to 64, from the operand's own.
  public var pack: @Sendable (_ packed: UnsafeMutableRawPointer, _ operand: UnsafeRawPointer) -> Void

  public init(
    input: Int, layout: String, byteCount: Int,
    pack: @escaping @Sendable (_ packed: UnsafeMutableRawPointer, _ operand: UnsafeRawPointer) -> Void
  ) {
    (self.input, self.layout, self.byteCount, self.pack) = (input, layout, byteCount, pack)
  }
}
