import Graphs
import Tensors

/// The sum of two quantised tensors, quantised, as ONNX Runtime has it.
///
/// Inputs: a, its scale and zero point, b, its scale and zero point, y's scale and zero point (zero points are optional).
public struct QLinearAdd: Macro {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "QLinearAdd", domain: Catalogue.microsoft, since: 1, inputs: Arity(7...8, optional: [2, 5]), isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? { quantizedPair(inputs) { $0 + $1 } }
}

/// The product of two quantised tensors, element by element; inputs as those of `QLinearAdd`.
public struct QLinearMul: Macro {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "QLinearMul", domain: Catalogue.microsoft, since: 1, inputs: Arity(7...8, optional: [2, 5]), isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? { quantizedPair(inputs) { $0 * $1 } }
}

private func quantizedPair(_ inputs: [Tensor?], _ combine: (Tensor, Tensor) -> Tensor) -> [Tensor]? {
  func input(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
  guard let a = input(0), let scaleA = input(1), let b = input(3), let scaleB = input(4), let scale = input(6) else {
    return nil
  }
  let result = combine(a.dequantized(scale: scaleA, zero: input(2)), b.dequantized(scale: scaleB, zero: input(5)))
  return [(result / scale).saturated(zero: input(7), to: a.scalar)]
}

/// Quantised tensors end to end, quantised anew. Inputs: y's scale and zero point, then x, scale and zero point of each.
public struct QLinearConcat: Macro {
  public var axis = 0

  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "QLinearConcat", domain: Catalogue.microsoft, since: 1, inputs: .variadic(from: 5), ["axis": .int(\.axis)],
      isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    let x = inputs.compactMap { $0 }
    guard x.count == inputs.count, x.count >= 5, x.count % 3 == 2 else { return nil }
    let parts = stride(from: 2, to: x.count, by: 3).map { x[$0].dequantized(scale: x[$0 + 1], zero: x[$0 + 2]) }
    return [(concatenated(parts, axis: axis) / x[0]).saturated(zero: x[1], to: x[1].scalar)]
  }
}

/// Softmax of a quantised tensor, quantised. Inputs: x, its scale and zero point, y's scale and zero point.
public struct QLinearSoftmax: Macro {
  public var axis = -1
  /// Since opset 13 softmax is along one axis; before, along all from `axis` on.
  public var opset = 13

  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "QLinearSoftmax", domain: Catalogue.microsoft, since: 1, inputs: Arity(4...5, optional: [2]),
      ["axis": .int(\.axis), "opset": .int(\.opset)], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    func input(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
    guard let x = input(0), let scaleX = input(1), let scale = input(3) else { return nil }
    guard opset >= 13 || axis == -1 || axis == x.rank - 1 else {
      x.builder.record(.unsupported, at: x.builder.path, "QLinearSoftmax over several axes is not supported")
      return nil
    }
    let result = x.dequantized(scale: scaleX, zero: input(2)).softmax(axis: axis)
    return [(result / scale).saturated(zero: input(4), to: x.scalar)]
  }
}

/// Average pooling of a quantised tensor, quantised. Inputs: x, its scale and zero point, y's scale and zero point.
public struct QLinearAveragePool: Macro {
  public var pool = AveragePool()

  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "QLinearAveragePool", domain: Catalogue.microsoft, since: 1, inputs: Arity(4...5, optional: [2]),
      [
        "auto_pad": .name(\.pool.window.padding), "kernel_shape": .ints(\.pool.window.kernelShape),
        "strides": .ints(\.pool.window.strides), "pads": .pads(\.pool.window),
        "ceil_mode": .bool(\.pool.window.ceilMode),
        "count_include_pad": .bool(\.pool.countIncludePad), "channels_last": .fixed(.int(0)),
      ], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    func input(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
    guard let x = input(0), let scaleX = input(1), let scale = input(3) else { return nil }
    let result = x.builder.apply(pool, [x.dequantized(scale: scaleX, zero: input(2))])
    return [(result / scale).saturated(zero: input(4), to: x.scalar)]
  }
}
