import Graphs
import Tensors

/// The product with a matrix whose columns are quantised in blocks of 4 or 8 bits, as ONNX Runtime has it.
///
/// Inputs: a [..., K], b [N, blocks, bytes of a block] (the lower bits first), scales [N · blocks], zero points (optional:
/// packed as b is, or of a's type), g_idx (refused), bias [N] (optional).
public struct MatMulNBits: Macro {
  public var depth = 0
  public var width = 0
  public var bits = 4
  public var blockSize = 32
  public var accuracy = 0

  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "MatMulNBits", domain: Catalogue.microsoft, since: 1, inputs: Arity(3...6, optional: [3, 4]),
      [
        "K": .int(\.depth), "N": .int(\.width), "bits": .int(\.bits), "block_size": .int(\.blockSize),
        "accuracy_level": .int(\.accuracy),
      ], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    func input(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
    guard let a = input(0), let b = input(1), let scales = input(2) else { return nil }
    guard bits == 4 || bits == 8, (16...4096).contains(blockSize), (1..<1 << 24).contains(depth),
      (1..<1 << 24).contains(width), input(4) == nil, b.scalar == .uint8
    else {
      a.builder.record(
        .unsupported, at: a.builder.path,
        "MatMulNBits of \(width) × \(depth) with \(bits) bits in blocks of \(blockSize), or with g_idx, is not supported"
      )
      return nil
    }
    let blocks = (depth + blockSize - 1) / blockSize
    func grouped(_ x: Tensor) -> Tensor { x.reshaped(to: [Dimension(width), Dimension(blocks), 1]) }
    let whole = b.unpacked(bits: bits).reshaped(to: [Dimension(width), Dimension(blocks), Dimension(blockSize)])
    let middle = a.builder.constant(Float(1 << (bits - 1)))
    var zero = middle
    if let given = input(3) {
      let rows = given.scalar == .uint8 ? given.reshaped(to: [Dimension(width), -1]).unpacked(bits: bits) : given
      let used = given.scalar == .uint8 ? rows.sliced(axis: 1, from: 0, to: blocks) : rows
      zero = grouped(used.cast(to: .float32))
    }
    let weights = ((whole.cast(to: .float32) - zero) * grouped(scales.cast(to: .float32)))
      .reshaped(to: [Dimension(width), Dimension(blocks * blockSize)]).sliced(axis: 1, from: 0, to: depth)
    let product = a.matmul(weights.transposed([1, 0]).cast(to: a.scalar))
    return [input(5).map { product + $0 } ?? product]
  }
}

/// The product with a matrix in 4-bit floating point (Dettmers et al. 2023, QLoRA), as ONNX Runtime has it.
///
/// Inputs: a [..., K], b [N · K / 2] (the upper bits first), the largest magnitude of each block.
public struct MatMulBnb4: Macro {
  public var depth = 0
  public var width = 0
  public var blockSize = 64
  /// 0 for FP4, 1 for NF4.
  public var kind = 1
  public var isTraining = 0
  public var isTransposed = 1

  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "MatMulBnb4", domain: Catalogue.microsoft, since: 1, inputs: 3,
      [
        "K": .int(\.depth), "N": .int(\.width), "block_size": .int(\.blockSize), "quant_type": .int(\.kind),
        "training_mode": .int(\.isTraining), "transB": .int(\.isTransposed),
      ], isReadOnly: true)
  ]

  /// The quantiles of a normal distribution that NF4 stands for, and FP4's numbers.
  private static let tables: [[Float]] = [
    [
      0, 0.0052083333, 0.66666667, 1, 0.33333333, 0.5, 0.16666667, 0.25, 0, -0.0052083333, -0.66666667, -1, -0.33333333,
      -0.5, -0.16666667, -0.25,
    ],
    [
      -1, -0.69619280, -0.52507305, -0.39491749, -0.28444138, -0.18477343, -0.091050036, 0, 0.079580300, 0.16093020,
      0.24611230, 0.33791524, 0.44070983, 0.56261700, 0.72295684, 1,
    ],
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    let x = inputs.compactMap { $0 }
    guard x.count == 3 else { return nil }
    let builder = x[0].builder
    guard (0...1).contains(kind), (16...4096).contains(blockSize), (1..<1 << 24).contains(depth),
      (1..<1 << 24).contains(width), depth * width % blockSize == 0, depth * width % 2 == 0, isTransposed == 1
    else {
      builder.record(
        .unsupported, at: builder.path, "MatMulBnb4 of \(width) × \(depth) in blocks of \(blockSize) is not supported")
      return nil
    }
    let table = builder.constant(NDArray(Self.tables[kind], [16]))
    let codes = x[1].reshaped(to: [-1]).unpacked(bits: 4, upperFirst: true)
    let blocks = depth * width / blockSize
    let numbers = table.gather(codes.cast(to: .int64), axis: 0)
      .reshaped(to: [Dimension(blocks), Dimension(blockSize)])
    let weights = (numbers * x[2].cast(to: .float32).reshaped(to: [Dimension(blocks), 1]))
      .reshaped(to: [Dimension(width), Dimension(depth)])
    return [x[0].matmul(weights.transposed([1, 0]).cast(to: x[0].scalar))]
  }
}

extension Tensor {
  /// The parts of bytes as int32, one after the other along the last axis: [..., n] → [..., n · 8 / bits].
  fileprivate func unpacked(bits: Int, upperFirst: Bool = false) -> Tensor {
    let whole = cast(to: .int32)
    guard bits == 4 else { return whole }
    let base = builder.constant(NDArray(Int32(16)))
    let (upper, lower) = (whole / base, whole.modulo(base))
    let pair = (upperFirst ? [upper, lower] : [lower, upper]).map { $0.unsqueezed([rank]) }
    var sizes = shape.dimensions
    sizes[rank - 1] = sizes[rank - 1] * 2
    return concatenated(pair, axis: rank).reshaped(to: sizes)
  }
}
