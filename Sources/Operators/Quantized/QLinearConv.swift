import Graphs
import Tensors

/// Convolution of quantised tensors, quantised: exact sums, scaled in single precision.
///
/// Inputs: x, its scale and zero point, w, its scale and zero point (one for all or one for each filter), y's scale and zero
/// point, bias (optional, int32, in units of the product of scales).
public struct QLinearConv: Macro {
  public var conv = Conv()

  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "QLinearConv", since: 10, inputs: Arity(8...9),
      [
        "auto_pad": .name(\.conv.padding), "kernel_shape": .optionalInts(\.conv.kernelShape),
        "strides": .ints(\.conv.window.strides), "pads": .ints(\.conv.window.pads, omitting: [0, 0, 0, 0]),
        "dilations": .ints(\.conv.window.dilations), "group": .int(\.conv.window.groups),
      ])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    let x = inputs.prefix(8).compactMap { $0 }
    guard x.count == 8 else { return nil }
    let op = ConvInteger(conv)
    let operands: [Tensor?] = [x[0], x[3], x[2], x[5]]
    var sums = op.elaboration(operands, outputs: 1)?.first ?? x[0].builder.apply(op, operands)
    if sums.isPoisoned { return [sums] }
    let spatial = Array(1..<max(sums.rank - 1, 1))
    func byFilter(_ p: Tensor) -> Tensor { p.rank == 1 ? p.unsqueezed(spatial) : p }
    if let bias = inputs.count > 8 ? inputs[8] : nil { sums = sums + byFilter(bias) }
    return [sums.requantized(x[1], byFilter(x[4]), to: x[6], zero: x[7])]
  }
}
