import Graphs
import Tensors

/// Convolution, the sum with a fourth input (if there is one), then an activation, as ONNX Runtime fuses them.
public struct MicrosoftFusedConv: Macro {
  public enum Activation: String, Hashable, Sendable, CaseIterable {
    case none = ""
    case relu = "Relu"
    case tanh = "Tanh"
    case sigmoid = "Sigmoid"
    case leakyRelu = "LeakyRelu"
    case clip = "Clip"
    case hardSigmoid = "HardSigmoid"
  }

  public var conv = Conv()
  public var activation = Activation.none
  /// The activation's numbers: alpha; least and greatest; alpha and beta.
  public var parameters: [Float]?

  public init() {}
  public init(conv: Conv, activation: Activation, parameters: [Float]? = nil) {
    (self.conv, self.activation, self.parameters) = (conv, activation, parameters)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "FusedConv", domain: Catalogue.microsoft, since: 1, inputs: Arity(2...4),
      [
        "auto_pad": .name(\.conv.padding), "kernel_shape": .optionalInts(\.conv.kernelShape),
        "strides": .ints(\.conv.window.strides), "pads": .ints(\.conv.window.pads),
        "dilations": .ints(\.conv.window.dilations), "group": .int(\.conv.window.groups),
        "activation": .name(\.activation), "activation_params": .optionalFloats(\.parameters),
      ], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 2, let x = inputs[0], let w = inputs[1] else { return nil }
    let product = x.builder.apply(conv, [x, w, inputs.count > 2 ? inputs[2] : nil])
    let sum = (inputs.count > 3 ? inputs[3] : nil).map { product + $0 } ?? product
    let numbers = parameters ?? []
    switch activation {
    case .none: return [sum]
    case .relu: return [sum.relu()]
    case .tanh: return [sum.tanh()]
    case .sigmoid: return [sum.sigmoid()]
    case .leakyRelu:
      guard numbers.count == 1 else { return refused(x) }
      return [sum.relu() - (-sum).relu() * numbers[0]]
    case .clip:
      guard numbers.count == 2 else { return refused(x) }
      return [sum.clipped(min: sum.scalar(numbers[0]), max: sum.scalar(numbers[1]))]
    case .hardSigmoid:
      guard numbers.count == 2 else { return refused(x) }
      return [(sum * numbers[0] + numbers[1]).clipped(min: sum.scalar(0), max: sum.scalar(1))]
    }
  }

  private func refused(_ x: Tensor) -> [Tensor]? {
    x.builder.record(
      .shape, at: x.builder.path, "\(activation.rawValue) has the parameters \(parameters ?? []): too few or too many")
    return nil
  }
}
