import Graphs
import Tensors

/// The integer product of quantised matrices in floating point, as ONNX Runtime fuses it.
///
/// Inputs: a, b, their scales, their zero points (optional), bias (optional).
public struct MatMulIntegerToFloat: Macro {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "MatMulIntegerToFloat", domain: Catalogue.microsoft, since: 1, inputs: Arity(4...7, optional: [4, 5]),
      isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    func input(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
    guard let a = input(0), let b = input(1), let scaleA = input(2), let scaleB = input(3) else { return nil }
    let sums = a.matmulInteger(b, zero: input(4), zeroB: input(5))
    let product = sums.cast(to: .float32) * (scaleA * scaleB)
    return [input(6).map { product + $0 } ?? product]
  }
}

/// The product of a tensor, quantised by its own range, with a quantised matrix. Inputs: a, b, b's scale, b's zero point
/// (optional), bias (optional).
public struct DynamicQuantizeMatMul: Macro {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "DynamicQuantizeMatMul", domain: Catalogue.microsoft, since: 1, inputs: Arity(3...5, optional: [3]),
      isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 3, let a = inputs[0],
      let quantized = DynamicQuantizeLinear().definition([a]), quantized.count == 3
    else { return nil }
    let (zero, bias) = (inputs.count > 3 ? inputs[3] : nil, inputs.count > 4 ? inputs[4] : nil)
    return MatMulIntegerToFloat().definition(
      [quantized[0], inputs[1], quantized[1], inputs[2], quantized[2], zero, bias])
  }
}

/// alpha · op(a) op(b) + c of quantised matrices, quantised where y's scale is given.
///
/// Inputs: a, its scale and zero point, b, its scale and zero point, c (optional, int32 in units of alpha and the scales), y's
/// scale and zero point (optional).
public struct QGemm: Macro {
  public var alpha: Float = 1
  public var transposeA = false
  public var transposeB = false

  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "QGemm", domain: Catalogue.microsoft, since: 1, inputs: Arity(6...9, optional: [6, 7]),
      ["alpha": .float(\.alpha), "transA": .bool(\.transposeA), "transB": .bool(\.transposeB)], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    let x = inputs.prefix(6).compactMap { $0 }
    guard x.count == 6 else { return nil }
    func input(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
    let a = transposeA ? x[0].transposed([1, 0]) : x[0]
    let b = transposeB ? x[3].transposed([1, 0]) : x[3]
    var sums = a.matmulInteger(b, zero: x[2], zeroB: x[5])
    if let c = input(6) { sums = sums + c }
    let scale = alpha == 1 ? x[1] : x[1] * alpha
    if let scaleY = input(7) {
      guard let zero = input(8) else { return nil }
      return [sums.requantized(scale, x[4], to: scaleY, zero: zero)]
    }
    return [sums.cast(to: .float32) * (scale * x[4])]
  }
}

/// Multi-head self-attention whose projection is quantised, as ONNX Runtime has it; otherwise as `MicrosoftAttention`.
///
/// Inputs: x, weights, bias, x's scale, the weights' scale, mask?, x's zero point?, the weights' zero point?.
public struct QAttention: Macro {
  public var attention = MicrosoftAttention()

  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "QAttention", domain: Catalogue.microsoft, since: 1, inputs: Arity(5...8, optional: [5, 6]),
      [
        "num_heads": .int(\.attention.heads), "unidirectional": .bool(\.attention.isCausal),
        "scale": .optionalFloat(\.attention.scale), "mask_filter_value": .float(\.attention.hidden),
        "do_rotary": .fixed(.int(0)), "past_present_share_buffer": .fixed(.int(0)),
      ], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    func input(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
    let packed = MatMulIntegerToFloat().definition([
      input(0), input(1), input(3), input(4), input(6), input(7), input(2),
    ])
    guard let packed = packed?.first, let x = input(0) else { return nil }
    return attention.attended(packed, tokens: x, mask: input(5))
  }
}
