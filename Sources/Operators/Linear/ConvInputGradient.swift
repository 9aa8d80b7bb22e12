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

  /// The convolution of dy, its pixels set `strides` apart, with the mirrored kernels; in and out channels swapped.
  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 3, let dy = inputs[0], let w = inputs[1], let shape = inputs[2] else { return nil }
    let builder = dy.builder
    let image = shape.contents?.dropFirst(2).compactMap(\.constant) ?? []
    guard let kernel = w.shape.sizes, let height = dy.shape[2].constant, let width = dy.shape[3].constant,
      image.count == 2,
      (kernel + image + [height, width] + window.strides + window.dilations).allSatisfy({ $0 < 1 << 24 }),
      window.strides[0] * window.strides[1] <= 1 << 16
    else {
      builder.record(
        .unsupported, at: builder.path,
        "ConvInputGradient: its definition needs heights and widths as numbers of usual size, not \(dy.shape) and \(w.shape)"
      )
      return [Tensor(builder, nil)]
    }
    var spread = dy
    if window.strides != [1, 1] {
      let count = window.strides[0] * window.strides[1]
      let first = NDArray((0..<count).map { $0 == 0 }, [window.strides[0], 1, window.strides[1]])
      spread = builder.constant(first).select(dy.unsqueezed([3, 5]), builder.constant(0))
        .reshaped(shape: builder.constant([0, 0, height * window.strides[0], width * window.strides[1]]))
    }
    // A pixel of x at h is reached from dy between h + pad − reach and h + pad.
    var pads = [0, 0, 0, 0]
    for (axis, extent) in [height, width].enumerated() {
      let length = extent * window.strides[axis]
      let start = window.pads[axis] - window.dilations[axis] * (kernel[axis + 2] - 1)
      let end = image[axis] + window.pads[axis]
      spread = spread.sliced(axis: axis + 2, from: max(start, 0), to: min(end, length))
      pads[axis] = max(-start, 0)
      pads[axis + 2] = max(end - length, 0)
    }
    return [
      spread.convolved(
        with: mirrored(w, kernel), strides: [1, 1], pads: pads, dilations: window.dilations, groups: window.groups)
    ]
  }

  /// [O, C / groups, kh, kw] → [C, O / groups, kh, kw], turned by 180°.
  private func mirrored(_ w: Tensor, _ kernel: [Int]) -> Tensor {
    var weight = w
    for axis in 2...3 where kernel[axis] > 1 {
      weight = weight.gather(w.builder.constant((0..<kernel[axis]).reversed()), axis: axis)
    }
    let groups = window.groups
    if groups == 1 { return weight.transposed([1, 0, 2, 3]) }
    return weight.reshaped(shape: w.builder.constant([groups, kernel[0] / groups] + kernel[1...]))
      .transposed([0, 2, 1, 3, 4])
      .reshaped(shape: w.builder.constant([groups * kernel[1], kernel[0] / groups] + kernel[2...]))
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
