import ClipGraph
import Datasets
import Tensors

extension NDArray {
  /// Numbers in −2 ..< 2, or any bytes where `scalar` is `uint8`; float32 where it is another type of whole numbers.
  ///
  /// float32 and bytes are written where they stay, so that the peak of memory is that of what is measured.
  ///
  /// - Throws: `ShapeError` for negative sizes and for more memory than there is.
  static func noise(
    _ sizes: [Int], as scalar: ScalarType = .float32, _ generator: inout SeededGenerator
  ) throws(ShapeError) -> NDArray {
    let written: ScalarType = scalar == .uint8 ? .uint8 : .float32
    let storage = try Storage.uninitialized(byteCount: NDArray.byteCount(written, sizes))
    let noise = try NDArray(written, sizes, storage: storage, offset: 0)
    for index in 0..<noise.count {
      if written == .uint8 {
        storage.base.storeBytes(of: UInt8(generator.index(256)), toByteOffset: index, as: UInt8.self)
      } else {
        storage.base.storeBytes(of: Float(generator.uniform(-2, 2)), toByteOffset: 4 * index, as: Float.self)
      }
    }
    return scalar == written ? noise : NDArray(noise.values(as: Float.self), sizes, as: scalar)
  }
}
