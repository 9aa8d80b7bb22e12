import CONNX
import Tensors

extension TensorDecoder {
  /// The most bytes of a sparse tensor once its zeros are written out.
  private static let largestDense = 1 << 30

  /// A sparse tensor with its zeros: values [n] at flat positions [n] or at index tuples [n, rank].
  func dense(_ s: Onnx__SparseTensorProto, at place: String) throws(ONNXError) -> NDArray {
    func invalid(_ message: String) -> ONNXError { ONNXError(.invalid, at: place, "a sparse tensor \(message)") }
    guard let held = s.values, let positions = s.indices else { throw invalid("lacks values or indices") }
    let sizes = UnsafeBufferPointer(start: s.dims, count: s.n_dims).map { Int($0) }
    let values = try array(held, at: place)
    let indices = try array(positions, at: place)
    var result: NDArray
    do {
      let bytes = try NDArray.byteCount(values.scalar, sizes)
      guard bytes <= TensorDecoder.largestDense else {
        throw ONNXError(.unsupported, at: place, "a sparse tensor of \(bytes) bytes with its zeros is not supported")
      }
      result = try NDArray(zeros: values.scalar, sizes)
      result.fourBit = values.fourBit
    } catch let error as ShapeError { throw invalid(error.message) } catch let error as ONNXError { throw error } catch
    {
      throw invalid("\(error)")
    }
    guard indices.scalar == .int64, let flat = indices.integers else { throw invalid("has indices that are no int64") }
    let isTuples = indices.sizes.count == 2
    let depth = isTuples ? indices.sizes[1] : 1
    guard values.sizes.count == 1, indices.sizes.first == values.count, !isTuples || depth == sizes.count else {
      throw invalid("has values \(values.type) at indices \(indices.type) of \(Shape(sizes))")
    }
    let size = values.scalar.size
    for entry in 0..<values.count {
      var position = isTuples ? 0 : flat[entry]
      for axis in 0..<(isTuples ? depth : 0) {
        let index = flat[entry * depth + axis]
        guard index >= 0, index < sizes[axis] else {
          throw invalid("has the index \(index) on axis \(axis) of \(Shape(sizes))")
        }
        position = position * sizes[axis] + index
      }
      guard position >= 0, position < result.count else {
        throw invalid("has the position \(position) in \(Shape(sizes))")
      }
      (result.address + position * size).copyMemory(from: values.address + entry * size, byteCount: size)
    }
    return result
  }
}
