import CKernels
import Graphs
import Tensors

/// The gradient of a convolution's weight. Inputs: x [B, C, H, W], dy [B, O, oh, ow]. Output: dw [O, C / groups, kh, kw].
///
/// It is itself a convolution: of x with dy, batch and channels swapped in both, strides and dilations swapped.
public struct ConvWeightGradient: Operator {
  public var window = ConvolutionWindow()
  public var kernelShape = [1, 1]

  public init() {}
  public init(window: ConvolutionWindow, kernelShape: [Int]) {
    (self.window, self.kernelShape) = (window, kernelShape)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "ConvWeightGradient", domain: Catalogue.domain, since: 1, inputs: 2,
      [
        "kernel_shape": .ints(\.kernelShape), "strides": .ints(\.window.strides), "pads": .ints(\.window.pads),
        "dilations": .ints(\.window.dilations), "group": .int(\.window.groups),
      ])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let scalar = try requireOneFloatType(x, [0, 1])
    let (shape, dy) = (x[0].shape, x[1].shape)
    try require(shape.rank == 4 && dy.rank == 4, "x and dy are \(shape) and \(dy), but must have four axes")
    try require(
      kernelShape.count == 2 && kernelShape.allSatisfy { $0 >= 1 && $0 < 1 << 30 },
      "kernel_shape must be two numbers of at least 1, not \(kernelShape)")
    try window.check()
    guard let channels = shape[1].dividedExactly(by: Dimension(window.groups)) else {
      throw ShapeError("\(shape[1]) channels do not divide into \(window.groups) groups")
    }
    let weight: Shape = [dy[1], channels, Dimension(kernelShape[0]), Dimension(kernelShape[1])]
    try requireEqual(dy, try window.outputShape(shape, weight), "dy", "the convolution's result")
    return [TensorType(scalar, weight)]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let x = inputs[0], let dy = inputs[1] else { return nil }
    let groups = window.groups
    guard groups > 1 else { return [gradient(x, dy)] }
    guard groups <= 4096, let channels = x.shape[1].constant, let out = dy.shape[1].constant else { return nil }
    let parts = (0..<groups).map { group in
      gradient(
        x.sliced(axis: 1, from: group * channels / groups, to: (group + 1) * channels / groups),
        dy.sliced(axis: 1, from: group * out / groups, to: (group + 1) * out / groups))
    }
    return [concatenated(parts, axis: 0)]
  }

  /// The gradient of one group.
  private func gradient(_ x: Tensor, _ dy: Tensor) -> Tensor {
    // What a stride left over at the bottom and on the right would make the result larger than the kernel.
    x.transposed([1, 0, 2, 3])
      .convolved(
        with: dy.transposed([1, 0, 2, 3]), strides: window.dilations, pads: window.pads, dilations: window.strides
      )
      .sliced(axis: 2, from: 0, to: kernelShape[0]).sliced(axis: 3, from: 0, to: kernelShape[1])
      .transposed([1, 0, 2, 3])
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, kernel: name)
    let plan = window.plan(x: site.input(0).sizes, w: site.output().sizes, y: site.input(1).sizes)
    return Kernel(
      "ck_conv2d_weight_gradient_f32", flops: plan.flops, bytes: site.traffic,
      scratch: plan.weightGradientScratch
    ) { b in
      withUnsafePointer(to: plan) {
        ck_conv2d_weight_gradient_f32(b.output(), b.input(1), b.input(0), $0, b.scratch)
      }
    }
  }
}

extension Tensor {
  /// The gradient of the weight `w` of a convolution of self.
  func convWeightGradient(_ dy: Tensor, like w: Tensor, window: ConvolutionWindow) -> Tensor {
    guard let height = w.shape[2].constant, let width = w.shape[3].constant else {
      builder.record(
        .unsupported, at: builder.path, "ConvWeightGradient: the kernel must be of known size, not \(w.shape)")
      return Tensor(builder, nil)
    }
    return builder.apply(ConvWeightGradient(window: window, kernelShape: [height, width]), [self, dy])
  }
}
