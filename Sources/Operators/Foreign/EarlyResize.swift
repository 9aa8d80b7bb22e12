import Graphs
import Tensors

/// Resize of opset 10 and Upsample: new pixel i is looked up at i / scale, the nearest one below it (above it
/// where there are fewer pixels than before, as ONNX Runtime does) or between two.
public struct EarlyResize: Macro {
  /// Raw values are ONNX's; `bilinear` is an old name.
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    case nearest, linear, bilinear
  }

  public var mode = Mode.nearest
  public var scales: [Float]?

  public init() {}
  public init(_ mode: Mode, scales: [Float]) { (self.mode, self.scales) = (mode, scales) }

  public static let onnx = [
    ONNXForm<Self>(
      "Resize", since: 10, inputs: 1, ["mode": .name(\.mode)], constantInputs: [(1, "scales", .numbers(\.scales))],
      isReadOnly: true),
    ONNXForm<Self>(
      "Upsample", since: 9, inputs: 1, ["mode": .name(\.mode)], constantInputs: [(1, "scales", .numbers(\.scales))],
      isReadOnly: true),
    ONNXForm<Self>(
      "Upsample", since: 7, inputs: 1, ["mode": .name(\.mode), "scales": .optionalFloats(\.scales)], isReadOnly: true),
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    guard mode == .nearest, let scales, scales.contains(where: { $0 < 1 }) else {
      let sampling = ResizeSampling(mode == .nearest ? .nearest : .linear, .asymmetric, nearest: .floor)
      return [x.apply(Resize(sampling, scales: scales))]
    }
    let fewer = x.apply(
      Resize(ResizeSampling(.nearest, .asymmetric, nearest: .ceil), scales: scales.map { min($0, 1) }))
    return [
      fewer.apply(Resize(ResizeSampling(.nearest, .asymmetric, nearest: .floor), scales: scales.map { max($0, 1) }))
    ]
  }
}
