import CKernels
import Graphs
import Tensors

/// The gradient of a convolution's input. Inputs: dy [B, O, oh, ow], the weight [O, C / groups, kh, kw] and the shape of x
/// (int64 [4]). Output: dx [B, C, H, W].
public struct ConvInputGradient: Operator {
  public var window = ConvolutionWindow()

  public init() {}
  public init(window: ConvolutionWindow) { self.window = window }

  public static let onnx = [
    ONNXForm<Self>(
      "ConvInputGradient", domain: Catalogue.domain, since: 1, inputs: 3,
      [
        "strides": .ints(\.window.strides), "pads": .ints(\.window.pads), "dilations": .ints(\.window.dilations),
        "group": .int(\.window.groups),
      ])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let scalar = try requireOneFloatType(x, [0, 1])
    let shape = Shape(try x.known(2, "the shape of x"))
    try require(shape.rank == 4, "the shape of x is \(shape), but must have four axes")
    try requireEqual(x[0].shape, try window.outputShape(shape, x[1].shape), "dy", "the convolution's result")
    return [TensorType(scalar, shape)]
  }

  /// The transposed convolution, with what a stride left over at the bottom and on the right.
  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 3, let dy = inputs[0], let w = inputs[1], let shape = inputs[2] else { return nil }
    let builder = dy.builder
    var rest = [0, 0]
    for axis in 0...1 {
      guard let kernel = w.shape[axis + 2].constant, let output = dy.shape[axis + 2].constant, output > 0,
        let input = shape.contents?[axis + 2].constant
      else {
        builder.record(
          .unsupported, at: builder.path,
          "ConvInputGradient: its definition needs heights and widths as numbers, not \(dy.shape) and \(w.shape)")
        return [Tensor(builder, nil)]
      }
      let reach = window.dilations[axis] * (kernel - 1) + 1
      rest[axis] = input + window.pads[axis] + window.pads[axis + 2] - reach - (output - 1) * window.strides[axis]
    }
    return [builder.apply(ConvTranspose(window: window, outputPadding: rest), [dy, w])]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, kernel: name)
    let plan = window.plan(x: site.output().sizes, w: site.input(1).sizes, y: site.input(0).sizes)
    return Kernel(
      "ck_conv2d_input_gradient_f32", flops: plan.flops, bytes: site.traffic,
      scratch: plan.inputGradientScratch(threads: site.threads)
    ) { b in
      withUnsafePointer(to: plan) { ck_conv2d_input_gradient_f32(b.output(), b.input(0), b.input(1), $0, b.scratch) }
    }
  }
}

extension Tensor {
  /// The gradient of the input `x` of a convolution whose result has the gradient self.
  func convInputGradient(weight: Tensor, like x: Tensor, window: ConvolutionWindow) -> Tensor {
    builder.apply(ConvInputGradient(window: window), [self, weight, x.shapeTensor()])
  }
}
