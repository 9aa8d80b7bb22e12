import Graphs
import Tensors

extension Tensor {
  /// Scales or zero points so that they broadcast over x: one for all, one for each index of an axis, or one for each block
  /// of an axis, where they have as many axes as x.
  func quantizationParameter(over x: Tensor, axis: Int, blockSize: Int) -> Tensor {
    if rank == 0 || (rank == 1 && shape[0].constant == 1) { return rank == 0 ? self : reshaped(to: []) }
    let position = axis < 0 ? axis + x.rank : axis
    guard x.rank > 0, (0..<x.rank).contains(position) else {
      builder.record(.shape, at: builder.path, "there is no axis \(axis) in \(x.shape)")
      return self
    }
    if rank == 1 {
      let others = (0..<x.rank).filter { $0 != position }
      return others.isEmpty ? self : unsqueezed(others)
    }
    guard rank == x.rank, blockSize > 0, blockSize < 1 << 30 else {
      builder.record(
        .shape, at: builder.path,
        "quantisation parameters \(shape) do not go with \(x.shape), in blocks of \(blockSize)")
      return self
    }
    var wide = shape.dimensions
    wide.insert(Dimension(blockSize), at: position + 1)
    var whole = shape.dimensions
    whole[position] = whole[position] * Dimension(blockSize)
    let repeated = unsqueezed([position + 1]).expanded(to: wide, like: self).reshaped(to: whole)
    guard let given = x.shape[position].constant, let made = whole[position].constant, made != given else {
      return repeated
    }
    return repeated.sliced(axis: position, from: 0, to: given)
  }

  /// (self − zero) · scale in single precision, all of one shape or broadcasting.
  func dequantized(scale: Tensor, zero: Tensor?) -> Tensor {
    var whole = cast(to: .int32)
    if let zero { whole = whole - zero.cast(to: .int32) }
    return whole.cast(to: .float32) * scale.cast(to: .float32)
  }

  /// Rounds self, to even halfway, adds a zero point and saturates.
  func saturated(zero: Tensor?, to type: ScalarType) -> Tensor {
    guard let bounds = type.integerBounds else {
      builder.record(.type, at: builder.path, "quantisation to \(type) is not supported")
      return self
    }
    let rounded = rounded()
    let shifted = zero.map { rounded + $0.cast(to: .float32) } ?? rounded
    return shifted.clipped(min: builder.constant(bounds.least), max: builder.constant(bounds.greatest)).cast(to: type)
  }
}

extension ScalarType {
  /// The range of the integers of up to 16 bits, exact in single precision.
  fileprivate var integerBounds: (least: Float, greatest: Float)? {
    switch self {
    case .uint8: (0, 255)
    case .int8: (-128, 127)
    case .uint16: (0, 65_535)
    case .int16: (-32_768, 32_767)
    default: nil
    }
  }
}
