import Graphs
import Tensors

/// Quantises x to unsigned bytes by its own range, widened to hold zero. Outputs: y, its scale, its zero point (scalars).
///
///     scale = (max − min) / 255, or 1 where that is 0;   zero = saturate(round(−min / scale))
public struct DynamicQuantizeLinear: Macro {
  public init() {}

  public static let onnx = [ONNXForm<Self>("DynamicQuantizeLinear", since: 11, inputs: 1, outputs: Arity(1...3))]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    let zero = x.builder.constant(0)
    let axes = Array(0..<x.rank)
    let (least, greatest) = (x.min(axes).minimum(zero), x.max(axes).maximum(zero))
    let range = greatest - least
    let scale = range.equal(to: zero).select(x.builder.constant(1), range / x.builder.constant(255))
    let zeroPoint = (-least / scale).saturated(zero: nil, to: .uint8)
    return [(x / scale).saturated(zero: zeroPoint, to: .uint8), scale, zeroPoint]
  }
}
