import Graphs
import Tensors

/// saturate(round(x / scale) + zero point), rounding halfway to even.
///
/// Before opset 21 there are no 16-bit integers: files of such opsets are read, and written as the definition.
///
/// Inputs: x, scale, zero point (optional). Scales are one for all, one for each index of `axis`, or one for each block.
public struct QuantizeLinear: Macro, Elaborated {
  public var axis = 1
  public var blockSize = 0
  /// The type of y where no zero point says it.
  public var type: ScalarType?
  /// What a file asks for where that is integers of four bits, held by `type`: `elaboration` makes them.
  public var fourBit: FourBitInteger?

  public init() {}

  public static let onnx = [
    form(since: 25, 3), form(since: 24, 3), form(since: 23, 3), form(since: 21, 2), form(since: 19, 1),
    ONNXForm<Self>("QuantizeLinear", since: 13, inputs: Arity(2...3), ["axis": .int(\.axis)], isReadOnly: true),
    ONNXForm<Self>("QuantizeLinear", since: 10, inputs: Arity(2...3), isReadOnly: true),
  ]

  private static func form(since: Int, _ generation: Int) -> ONNXForm<Self> {
    switch generation {
    case 1:
      ONNXForm(
        "QuantizeLinear", since: since, inputs: Arity(2...3), ["axis": .int(\.axis), "saturate": .fixed(.int(1))],
        isReadOnly: true)
    case 2:
      ONNXForm(
        "QuantizeLinear", since: since, inputs: Arity(2...3),
        [
          "axis": .int(\.axis), "saturate": .fixed(.int(1)), "block_size": .int(\.blockSize),
          "output_dtype": .fourBit(\.fourBit, or: .optionalScalarType(\.type)),
        ])
    default:
      ONNXForm(
        "QuantizeLinear", since: since, inputs: Arity(2...3),
        [
          "axis": .int(\.axis), "saturate": .fixed(.int(1)), "block_size": .int(\.blockSize),
          "output_dtype": .fourBit(\.fourBit, or: .optionalScalarType(\.type)), "precision": .fixed(.int(0)),
        ])
    }
  }

  /// Towards integers of four bits: bytes that are clipped, which any opset can say.
  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    let zero = inputs.count > 2 ? inputs[2] : nil
    guard let x = inputs.first, let x, let held = fourBit ?? zero?.fourBit else { return nil }
    if let zero, zero.fourBit != held {
      x.builder.record(.type, at: x.builder.path, "output_dtype is \(held), but the zero point is not")
    }
    var wide = self
    wide.fourBit = nil
    let (least, greatest) =
      held == .int4 ? (NDArray(Int8(-8)), NDArray(Int8(7))) : (NDArray(UInt8(0)), NDArray(UInt8(15)))
    let bytes = x.builder.apply(wide, inputs)
    return [bytes.clipped(min: x.builder.constant(least), max: x.builder.constant(greatest)).holding(held)]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 2, let x = inputs[0], let scale = inputs[1] else { return nil }
    let zero = inputs.count > 2 ? inputs[2] : nil
    func parameter(_ p: Tensor) -> Tensor { p.quantizationParameter(over: x, axis: axis, blockSize: blockSize) }
    let quotient = x.cast(to: .float32) / parameter(scale).cast(to: .float32)
    return [quotient.saturated(zero: zero.map(parameter), to: zero?.scalar ?? type ?? .uint8)]
  }
}
