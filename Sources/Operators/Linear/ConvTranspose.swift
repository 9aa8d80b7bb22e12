import CKernels
import Graphs
import Tensors

/// The transpose of a two-dimensional convolution: every element of x [B, C, H, W] adds its share of
/// w [C, O / groups, kh, kw] to the result [B, O, oh, ow], `strides` apart; then + bias [O].
///
///     oh = strides · (H − 1) + outputPadding + dilations · (kh − 1) + 1 − pads
public struct ConvTranspose: Operator {
  public var window = ConvolutionWindow()
  /// Further rows and columns at the end of the result.
  public var outputPadding = [0, 0]
  /// The result's height and width, from which pads follow; nil where pads are given.
  public var outputShape: [Int]?
  public var padding = AutoPadding.explicit
  /// Repeats the weight's spatial extents where a file gives them.
  public var kernelShape: [Int]?

  public init() {}
  public init(window: ConvolutionWindow, outputPadding: [Int] = [0, 0]) {
    (self.window, self.outputPadding) = (window, outputPadding)
  }

  public static let onnx = [11, 1].map {
    ONNXForm<Self>(
      "ConvTranspose", since: $0, inputs: Arity(2...3),
      [
        "auto_pad": .name(\.padding), "kernel_shape": .optionalInts(\.kernelShape),
        "output_padding": .ints(\.outputPadding), "output_shape": .optionalInts(\.outputShape),
        "strides": .ints(\.window.strides), "pads": .ints(\.window.pads), "dilations": .ints(\.window.dilations),
        "group": .int(\.window.groups),
      ])
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let scalar = try requireOneFloatType(x, [0, 1, 2])
    try window.check()
    let (image, w) = (x[0].shape, x[1].shape)
    try require(image.rank == 4, "x is \(image), but convolutions are two-dimensional here")
    try require(w.rank == 4, "the weight is \(w), but must be [in, out / groups, height, width]")
    try requireEqual([image[1]], [w[0]], "x's channels", "the weight's first axis")
    if let channels = w[0].constant {
      try require(channels % window.groups == 0, "\(channels) channels do not divide into \(window.groups) groups")
    }
    for (values, name) in [(outputPadding, "output_padding"), (outputShape ?? [0, 0], "output_shape")] {
      try require(
        values.count == 2 && values.allSatisfy { (0..<1 << 30).contains($0) },
        "\(name) must be two numbers of at least 0, not \(values)")
    }
    if padding != .explicit || outputShape != nil {
      try require(window.pads == [0, 0, 0, 0], "pads \(window.pads) contradict auto_pad or output_shape")
    }
    if let kernelShape { try requireEqual(Shape(kernelShape), [w[2], w[3]], "kernel_shape", "the weight's kernel") }
    let out = w[1] * Dimension(window.groups)
    if x.has(2) { try requireEqual(x[2].shape, [out], "the bias", "the result's channels") }
    return [TensorType(scalar, [image[0], out, try extent(image[2], w[2], 0), try extent(image[3], w[3], 1)])]
  }

  /// The extent of the result along spatial axis 0 (down) or 1 (across) if there were no pads.
  private func unpadded(_ input: Dimension, _ kernel: Dimension, _ axis: Int) -> Dimension {
    Dimension(window.strides[axis]) * (input - 1) + Dimension(outputPadding[axis])
      + Dimension(window.dilations[axis]) * (kernel - 1) + 1
  }

  private func extent(_ input: Dimension, _ kernel: Dimension, _ axis: Int) throws(ShapeError) -> Dimension {
    for extent in [input, kernel] where extent.constant.map({ $0 < 1 }) ?? false {
      throw ShapeError("an extent of x or of the kernel is 0")
    }
    if let outputShape { return Dimension(outputShape[axis]) }
    if padding == .sameUpper || padding == .sameLower { return input * Dimension(window.strides[axis]) }
    let result = unpadded(input, kernel, axis) - Dimension(window.pads[axis]) - Dimension(window.pads[axis + 2])
    if let number = result.constant { try require(number >= 1, "pads \(window.pads) leave nothing of the result") }
    return result
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let (x, w, dy) = (p.input(0), p.input(1), p.seed)
    guard let window = resolved(x.shape, w.shape, dy.shape) else {
      p.builder.record(
        .unsupported, at: p.builder.path,
        "ConvTranspose: its gradient needs heights and widths as numbers, not \(x.shape) and \(w.shape)")
      return p.inputs.map { _ in nil }
    }
    // What lies beyond the last window's end is the bias alone.
    var reached = dy
    for axis in 2...3 {
      guard let input = x.shape[axis].constant, let kernel = w.shape[axis].constant,
        let output = dy.shape[axis].constant
      else { continue }
      let end = window.strides[axis - 2] * (input - 1) + window.dilations[axis - 2] * (kernel - 1) + 1
      let length = end - window.pads[axis - 2]
      if length < output { reached = reached.sliced(axis: axis, from: 0, to: length) }
    }
    let gradients = [
      p.wants(0) ? p.builder.apply(Conv(window: window), [reached, w]) : nil,
      p.wants(1) ? reached.convWeightGradient(x, like: w, window: window) : nil,
      p.wants(2) ? dy.sum([0, 2, 3], keepDimensions: false) : nil,
    ]
    return Array(gradients.prefix(p.inputs.count))
  }

  /// The window with explicit pads: of the convolution whose input has the result's extents y.
  private func resolved(_ x: Shape, _ w: Shape, _ y: Shape) -> ConvolutionWindow? {
    if padding == .explicit && outputShape == nil && outputPadding == [0, 0] { return window }
    var result = window
    for axis in 0...1 {
      guard let input = x[axis + 2].constant, let kernel = w[axis + 2].constant, let output = y[axis + 2].constant
      else { return nil }
      let full = unpadded(Dimension(input), Dimension(kernel), axis).constant ?? output
      if padding != .explicit || outputShape != nil {
        let total = max(full - output, 0)
        result.pads[axis] = padding == .sameUpper ? total / 2 : total - total / 2
      }
      // As many outputs as x has inputs, whatever the result has beyond them.
      let reach = window.dilations[axis] * (kernel - 1) + 1
      result.pads[axis + 2] = max((input - 1) * window.strides[axis] + reach - output - result.pads[axis], 0)
    }
    return result
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, kernel: name)
    let (x, w, y) = (site.input(0).sizes, site.input(1).sizes, site.output().sizes)
    guard let window = resolved(Shape(x), Shape(w), Shape(y)) else { throw ShapeError("has no pads") }
    let plan = window.plan(x: y, w: w, y: x)
    var addition: ck_broadcast?
    if site.has(2) {
      var plan = ck_broadcast()
      let strides = [y, [y[1], 1, 1]].map { Broadcasting.strides(of: $0, in: y) }
      ck_broadcast_make(&plan, 4, y.map(Int64.init), strides[0], strides[1])
      addition = plan
    }
    return Kernel(
      "ck_conv2d_input_gradient_f32", flops: plan.flops, bytes: site.traffic,
      scratch: plan.inputGradientScratch(threads: site.threads)
    ) { [addition] b in
      withUnsafePointer(to: plan) { ck_conv2d_input_gradient_f32(b.output(), b.input(0), b.input(1), $0, b.scratch) }
      guard let addition else { return }
      let sum: UnsafeMutablePointer<Float>? = b.output()
      withUnsafePointer(to: addition) { ck_binary_f32(CK_ADD, sum, sum, b.input(2), $0) }
    }
  }
}
