import Graphs
import Tensors

/// GELU of x + bias, as ONNX Runtime fuses it.
public struct BiasGelu: Macro {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>("BiasGelu", domain: Catalogue.microsoft, since: 1, inputs: 2, isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let x = inputs[0], let bias = inputs[1] else { return nil }
    return [(x + bias).gelu()]
  }
}

/// GELU by the hyperbolic tangent, of x or of x + bias.
public struct FastGelu: Macro {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>("FastGelu", domain: Catalogue.microsoft, since: 1, inputs: Arity(1...2), isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    let sum = (inputs.count > 1 ? inputs[1] : nil).map { x + $0 } ?? x
    return [sum.gelu(approximate: .tanh)]
  }
}

/// x · σ(alpha x), with σ the logistic function: CLIP's activation where alpha is 1.702, SiLU where it is 1.
public struct MicrosoftQuickGelu: Macro {
  public var alpha = QuickGelu.slope

  public init() {}
  public init(alpha: Float) { self.alpha = alpha }

  public static let onnx = [
    ONNXForm<Self>(
      "QuickGelu", domain: Catalogue.microsoft, since: 1, inputs: 1, ["alpha": .float(\.alpha)], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    if abs(alpha - QuickGelu.slope) < 1e-6 { return [x.quickGelu()] }
    return [x * (alpha == 1 ? x : x * alpha).sigmoid()]
  }
}
