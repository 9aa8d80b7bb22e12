import Graphs
import Tensors

/// (x − zero point) · scale.
///
/// Before opset 21 there are no 16-bit integers: files of such opsets are read, and written as the definition.
///
/// Inputs: x, scale, zero point (optional). Scales are one for all, one for each index of `axis`, or one for each block.
public struct DequantizeLinear: Macro {
  public var axis = 1
  public var blockSize = 0
  /// The type of y; the scale's where it is not given.
  public var type: ScalarType?

  public init() {}

  private static func form(since: Int) -> ONNXForm<Self> {
    ONNXForm(
      "DequantizeLinear", since: since, inputs: Arity(2...3),
      [
        "axis": .int(\.axis), "block_size": .int(\.blockSize), "output_dtype": .optionalScalarType(\.type),
      ])
  }

  public static let onnx = [
    form(since: 25), form(since: 24), form(since: 23),
    ONNXForm<Self>(
      "DequantizeLinear", since: 21, inputs: Arity(2...3), ["axis": .int(\.axis), "block_size": .int(\.blockSize)]),
    ONNXForm<Self>("DequantizeLinear", since: 13, inputs: Arity(2...3), ["axis": .int(\.axis)], isReadOnly: true),
    ONNXForm<Self>("DequantizeLinear", since: 10, inputs: Arity(2...3), isReadOnly: true),
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 2, let x = inputs[0], let scale = inputs[1] else { return nil }
    func parameter(_ p: Tensor) -> Tensor { p.quantizationParameter(over: x, axis: axis, blockSize: blockSize) }
    let zero = (inputs.count > 2 ? inputs[2] : nil).map(parameter)
    return [x.dequantized(scale: parameter(scale), zero: zero).cast(to: type ?? scale.scalar)]
  }
}
