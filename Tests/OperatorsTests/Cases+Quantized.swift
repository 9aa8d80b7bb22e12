import Graphs
import Tensors

@testable import Operators

extension OperatorCase {
  /// Operators on quantised tensors. Their numbers are compared with ONNX Runtime's elsewhere.
  static let quantized: [OperatorCase] = {
    func bytes(_ seed: UInt64, _ sizes: Int...) -> NDArray {
      var source = NumberSource(seed)
      return NDArray((0..<sizes.reduce(1, *)).map { _ in UInt8(source.next() * 255) }, sizes)
    }
    func one(_ value: Float) -> NDArray { NDArray(value) }
    func zero(_ value: UInt8) -> NDArray { NDArray(value) }
    func quantized(_ op: any Operator, _ inputs: [NDArray?], outputs: Int = 1, expected: [NDArray]? = nil)
      -> OperatorCase
    {
      OperatorCase(
        name: "\(op) on \(inputs.count) operands", op: op, inputs: inputs, outputs: outputs, expected: expected,
        seeded: 0)
    }
    let (a, b, image) = (bytes(81, 3, 4), bytes(82, 4, 5), bytes(83, 1, 2, 5, 5))
    let pair: [NDArray?] = [a, one(0.1), zero(9), a, one(0.2), zero(7), one(0.3), zero(5)]
    var pool = QLinearAveragePool()
    pool.pool.window = PoolingWindow([2, 2], strides: [1, 1], pads: [0, 0, 0, 0])
    var blocks = MatMulNBits()
    (blocks.depth, blocks.width, blocks.blockSize) = (32, 2, 16)
    var floating = MatMulBnb4()
    (floating.depth, floating.width, floating.blockSize) = (32, 2, 16)
    var attention = QAttention()
    attention.attention.heads = 2
    let sums = NDArray([0, 2] as [Int32], [1, 2])
    return [
      quantized(QuantizeLinear(), [floats([3, 4], seed: 84), one(0.01), zero(100)]),
      quantized(DequantizeLinear(), [a, one(0.5), zero(3)]),
      quantized(DynamicQuantizeLinear(), [floats([3, 4], seed: 85)], outputs: 3),
      quantized(
        MatMulInteger(), [NDArray([5, 1] as [UInt8], [1, 2]), NDArray([2, 1, 2, 0] as [UInt8], [2, 2]), zero(3)],
        expected: [sums]),
      quantized(ConvInteger(), [image, bytes(86, 3, 2, 3, 3), zero(4), zero(5)]),
      quantized(QLinearMatMul(), [a, one(0.1), zero(9), b, one(0.2), zero(7), one(3), zero(5)]),
      quantized(
        QLinearConv(), [image, one(0.1), zero(9), bytes(87, 3, 2, 3, 3), one(0.2), zero(7), one(9), zero(5)]),
      quantized(QLinearAdd(), pair), quantized(QLinearMul(), pair),
      quantized(QLinearConcat(), [one(0.3), zero(5), a, one(0.1), zero(9), a, one(0.2), zero(7)]),
      quantized(QLinearSoftmax(), [a, one(0.1), zero(9), one(1 / 256), zero(0)]),
      quantized(pool, [image, one(0.1), zero(9), one(0.2), zero(5)]),
      quantized(MatMulIntegerToFloat(), [a, b, one(0.1), one(0.2), zero(9), zero(7)]),
      quantized(DynamicQuantizeMatMul(), [floats([3, 4], seed: 88), b, one(0.2), zero(7)]),
      quantized(QGemm(), [a, one(0.1), zero(9), b, one(0.2), zero(7)]),
      quantized(
        attention, [bytes(89, 2, 3, 4), bytes(90, 4, 12), floats([12], seed: 91), one(0.01), one(0.01)]),
      quantized(blocks, [floats([3, 32], seed: 92), bytes(93, 2, 2, 8), floats([4], seed: 94)]),
      quantized(floating, [floats([3, 32], seed: 95), bytes(96, 32), floats([4], seed: 97)]),
    ]
  }()

}
