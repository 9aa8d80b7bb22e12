import CKernels
import Graphs
import Tensors

/// The gradient of `AveragePool`. Inputs: dy [B, C, oh, ow] and the shape of x (int64 [4]). Output: dx [B, C, H, W].
public struct AveragePoolGradient: Operator {
  public var window = PoolingWindow()
  public var countIncludePad = false

  public init() {}
  public init(window: PoolingWindow, countIncludePad: Bool) {
    (self.window, self.countIncludePad) = (window, countIncludePad)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "AveragePoolGradient", domain: Catalogue.domain, since: 1, inputs: 2,
      [
        "kernel_shape": .ints(\.window.kernelShape), "strides": .ints(\.window.strides), "pads": .pads(\.window),
        "auto_pad": .name(\.window.padding), "ceil_mode": .bool(\.window.ceilMode),
        "count_include_pad": .bool(\.countIncludePad),
      ])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let scalar = try requireOneFloatType(x, [0])
    let shape = Shape(try x.known(1, "the shape of x"))
    try requireEqual(x[0].shape, try window.outputShape(shape), "dy", "the pooled image")
    return [TensorType(scalar, shape)]
  }

  /// The gradient of the depthwise convolution that sums the windows, of dy divided by their sizes.
  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let dy = inputs[0], let shape = inputs[1] else { return nil }
    let builder = dy.builder
    let x = shape.contents?.map { $0.constant ?? 0 } ?? []
    let y = dy.shape.dimensions.map { $0.constant ?? 0 }
    guard x.count == 4, (x[1...] + y[1...]).allSatisfy({ (1..<1 << 24).contains($0) }), y[2] * y[3] < 1 << 24 else {
      builder.record(
        .unsupported, at: builder.path,
        "AveragePoolGradient: its definition needs all extents but the batch as numbers of usual size, not \(dy.shape)")
      return [Tensor(builder, nil)]
    }
    let share = dy / builder.constant(window.counts(x: x, y: y, countPads: countIncludePad))
    let ones = builder.constant(NDArray(Float(1))).expanded(shape: builder.constant([x[1], 1] + window.kernelShape))
    return [builder.apply(ConvInputGradient(window: window.convolution(x: x, y: y)), [share, ones, shape])]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, kernel: name)
    let (x, y) = (site.output().sizes, site.input(0).sizes)
    return Kernel("ck_average_pool2d_gradient_f32", flops: window.flops(y: y), bytes: site.traffic) {
      [plan = window.plan(x: x, y: y), countIncludePad] b in
      withUnsafePointer(to: plan) { ck_average_pool2d_gradient_f32(b.output(), b.input(0), $0, countIncludePad) }
    }
  }
}
