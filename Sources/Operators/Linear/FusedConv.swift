import CKernels
import Graphs
import Tensors

/// A two-dimensional convolution with its end fused into it:
///
///     y = activation(x ∗ w + bias + residual)
///
/// Inputs: x [B, C, H, W], w [O, C / groups, kh, kw], bias [O] (optional), residual of y's shape (optional).
public struct FusedConv: Operator {
  public var window = ConvolutionWindow()
  public var activation = Activation.none

  public init() {}
  public init(window: ConvolutionWindow, activation: Activation) {
    (self.window, self.activation) = (window, activation)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "FusedConv", domain: Catalogue.domain, since: 1, inputs: Arity(2...4),
      [
        "strides": .ints(\.window.strides), "pads": .ints(\.window.pads), "dilations": .ints(\.window.dilations),
        "group": .int(\.window.groups), "activation": .name(\.activation),
      ])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let y = try Conv(window: window).infer(x)
    if x.has(3) {
      try requireOneFloatType(x, [0, 3])
      try requireEqual(x[3].shape, y[0].shape, "the residual", "the convolution's result")
    }
    return y
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 2, let x = inputs[0] else { return nil }
    let y = x.builder.apply(Conv(window: window), Array(inputs.prefix(3)))
    guard inputs.count > 3, let residual = inputs[3] else { return [y.activated(activation)] }
    return [(y + residual).activated(activation)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, 3, kernel: name)
    return window.kernel(site, residual: 3, activation.kernel)
  }
}
