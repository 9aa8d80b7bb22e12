extension Float {
  /// The number, and what half precision and bfloat16 make of it: files that were narrowed hold their constants so.
  public var narrowed: [Float] {
    let bits = bitPattern
    let rounded = bits &+ 0x7FFF &+ ((bits >> 16) & 1)
    return [self, Float(Float16(self)), isFinite ? Float(bitPattern: rounded & 0xFFFF_0000) : self]
  }

  /// Whether two numbers agree to within a few of their last digits.
  public func isNearly(_ other: Float) -> Bool { self == other || abs(self - other) <= 1e-5 * abs(other) }
}
