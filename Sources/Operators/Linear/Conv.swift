import CKernels
import Graphs
import Tensors

/// Two-dimensional convolution (cross-correlation), NCHW: x [B, C, H, W] ∗ w [O, C / groups, kh, kw] + bias [O].
public struct Conv: Elaborated {
  public var window = ConvolutionWindow()
  public var padding = AutoPadding.explicit
  /// Repeats the weight's spatial extents where a file gives them.
  public var kernelShape: [Int]?

  public init() {}
  public init(window: ConvolutionWindow) { self.window = window }

  private static func form(since: Int) -> ONNXForm<Self> {
    ONNXForm(
      "Conv", since: since, inputs: Arity(2...3),
      [
        "auto_pad": .name(\.padding), "kernel_shape": .optionalInts(\.kernelShape),
        "strides": .ints(\.window.strides), "pads": .ints(\.window.pads, omitting: [0, 0, 0, 0]),
        "dilations": .ints(\.window.dilations), "group": .int(\.window.groups),
      ])
  }

  public static let onnx = [form(since: 11), form(since: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let scalar = try requireOneFloatType(x, [0, 1, 2])
    if padding == .none { try require(window.pads == [0, 0, 0, 0], "auto_pad VALID contradicts pads \(window.pads)") }
    let shape = try window.padded(padding, x[0].shape, x[1].shape).outputShape(x[0].shape, x[1].shape)
    if let kernelShape {
      try requireEqual(Shape(kernelShape), [x[1].shape[2], x[1].shape[3]], "kernel_shape", "the weight's kernel")
    }
    if x.has(2) { try requireEqual(x[2].shape, [x[1].shape[0]], "the bias", "the weight's first axis") }
    return [TensorType(scalar, shape)]
  }

  /// With pads as numbers; a row is an image of height 1.
  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard inputs.count >= 2, let x = inputs[0], let w = inputs[1] else { return nil }
    var op = self
    if x.rank == 3, w.rank == 3, let wide = try? window.widened() {
      op.window = wide
      op.kernelShape = kernelShape.map { [1] + $0 }
      let result = x.builder.apply(
        op, [x.unsqueezed([2]), w.unsqueezed([2]), inputs.count > 2 ? inputs[2] : nil])
      return [result.squeezed([2])]
    }
    guard padding == .sameUpper || padding == .sameLower, let padded = try? window.padded(padding, x.shape, w.shape)
    else { return nil }
    (op.window, op.padding) = (padded, .explicit)
    return [x.builder.apply(op, inputs)]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let (x, w, dy) = (p.input(0), p.input(1), p.seed)
    let window = (try? window.padded(padding, x.shape, w.shape)) ?? window
    let gradients = [
      p.wants(0) ? dy.convInputGradient(weight: w, like: x, window: window) : nil,
      p.wants(1) ? x.convWeightGradient(dy, like: w, window: window) : nil,
      p.wants(2) ? dy.sum([0, 2, 3], keepDimensions: false) : nil,
    ]
    return Array(gradients.prefix(p.inputs.count))
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, kernel: name)
    let window = try window.padded(padding, Shape(site.input(0).sizes), Shape(site.input(1).sizes))
    return window.kernel(site, residual: nil, CK_ACTIVATION_NONE)
  }
}

extension Tensor {
  /// Convolution of self [B, C, H, W] with w [O, C / groups, kh, kw]. Pads are top, left, bottom, right.
  public func convolved(
    with w: Tensor, bias: Tensor? = nil, strides: [Int], pads: [Int] = [0, 0, 0, 0], dilations: [Int] = [1, 1],
    groups: Int = 1
  ) -> Tensor {
    let window = ConvolutionWindow(strides: strides, pads: pads, dilations: dilations, groups: groups)
    return builder.apply(Conv(window: window), [self, w, bias])
  }
}
