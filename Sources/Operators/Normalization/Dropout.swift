import Graphs
import Tensors

/// x itself: what is dropped while learning is kept when answering. The second output says that every element was kept.
/// Inputs: x, the share that would be dropped.
public struct Dropout: Macro, Elaborated {
  public var ratio: Float = 0.5
  public var isTraining = false

  public init() {}

  /// The seed has nothing to choose.
  private static let seed = AttributeCoding<Self>(encode: { _ in nil }, decode: { _, _ in })

  public static let onnx = [
    ONNXForm<Self>(
      "Dropout", since: 12, inputs: Arity(1...2), outputs: Arity(1...2), ["seed": seed],
      constantInputs: [(2, "training_mode", .bool(\.isTraining))], isReadOnly: true),
    ONNXForm<Self>(
      "Dropout", since: 7, inputs: 1, outputs: Arity(1...2), ["ratio": .float(\.ratio)], isReadOnly: true),
  ]

  /// Where nothing is dropped, x is its own result.
  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    let share = inputs.count > 1 ? inputs[1]?.evaluated?.doubles?.first : Double(ratio)
    guard !isTraining || share == 0 else { return nil }
    return outputs > 1 ? [x, mask(of: x)] : [x]
  }

  private func mask(of x: Tensor) -> Tensor { x.builder.zeros(shape: x.shapeTensor(), .bool).not() }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    guard !isTraining else {
      x.builder.record(
        .unsupported, at: x.builder.path, "Dropout in training mode draws random numbers, which is not supported")
      return nil
    }
    return [x.identity(), mask(of: x)]
  }
}
