import CKernels
import Graphs
import Tensors

/// The gradient of a convolution's input. Inputs: dy [B, O, oh, ow], the weight [O, C / groups, kh, kw] and the shape of x
/// (int64 [4]). Output: dx [B, C, H, W].
///
/// The definition in standard operators covers kernels that neither overlap nor leave gaps (patches); others have a kernel
/// alone.
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

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 3, let dy = inputs[0], let w = inputs[1], let shape = inputs[2] else { return nil }
    let builder = dy.builder
    guard let kernel = Shape(Array(w.shape.dimensions)).sizes, let x = shape.contents, x.count == 4,
      window.strides == Array(kernel[2...]), window.dilations == [1, 1], window.pads == [0, 0, 0, 0],
      window.groups == 1, dy.shape[2] * Dimension(kernel[2]) == x[2], dy.shape[3] * Dimension(kernel[3]) == x[3]
    else {
      builder.record(
        .unsupported, at: builder.path,
        "ConvInputGradient: has a definition in standard operators only where kernels tile the image without pads")
      return [Tensor(builder, nil)]
    }
    let (channels, height, width) = (kernel[1], kernel[2], kernel[3])
    // [B, oh, ow, O] · [O, C·kh·kw] → [B, oh, ow, C·kh·kw], whose pixels go back to their places.
    let pixels = dy.transposed([0, 2, 3, 1]).matmul(
      w.reshaped(shape: builder.constant([0, channels * height * width])))
    let patches = concatenated(
      [dy.dimension(0), dy.dimension(2), dy.dimension(3), builder.constant([channels, height, width])], axis: 0)
    return [pixels.reshaped(shape: patches).transposed([0, 3, 1, 4, 2, 5]).reshaped(shape: shape)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, kernel: name)
    let plan = window.plan(x: site.output().sizes, w: site.input(1).sizes, y: site.input(0).sizes)
    return Kernel(
      "ck_conv2d_input_gradient_f32", flops: plan.flops, bytes: site.traffic,
      scratch: plan.scratch(threads: site.threads)
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
