import CONNX
import Tensors

extension TensorDecoder {
  /// Integers of four bits, one a byte. The file has two in a byte of raw or external data or in an element of
  /// `int32_data`, the first in the lower half; half of the last byte stands for nothing where their number is odd.
  func unpacked(
    _ pointer: UnsafePointer<Onnx__TensorProto>, _ type: FourBitInteger, _ sizes: [Int], at place: String
  ) throws(ONNXError) -> NDArray {
    let count: Int
    do { count = try NDArray.byteCount(type.holder, sizes) } catch {
      throw ONNXError(.invalid, at: place, error.message)
    }
    let packed: NDArray
    do { packed = try array(pointer, .uint8, [(count + 1) / 2], at: place) } catch {
      throw ONNXError(error.kind, at: place, "holds \(type)\(Shape(sizes)), two elements a byte: \(error.message)")
    }
    do {
      var array = try NDArray(zeros: type.holder, sizes)
      array.fourBit = type
      array.withUnsafeMutableBytes { elements in
        packed.withUnsafeBytes { bytes in
          for index in 0..<count {
            let half = bytes[index / 2] >> (index % 2 * 4) & 15
            // The sign is the highest of the four bits.
            elements[index] = type == .int4 ? (half ^ 8) &- 8 : half
          }
        }
      }
      return array
    } catch { throw ONNXError(.invalid, at: place, error.message) }
  }
}
