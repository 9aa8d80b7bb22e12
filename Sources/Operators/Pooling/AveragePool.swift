import CKernels
import Graphs
import Tensors

/// The mean of every window of x [B, C, H, W]: [B, C, oh, ow]. Elements of the pads are zeros that count only where
/// `countIncludePad` says so; what a window has beyond the pads never counts. Files may pool along other numbers of axes.
public struct AveragePool: Operator, Elaborated {
  public var window = PoolingWindow()
  public var countIncludePad = false

  public init() {}
  public init(window: PoolingWindow, countIncludePad: Bool = false) {
    (self.window, self.countIncludePad) = (window, countIncludePad)
  }

  public static let onnx =
    [11, 10].map { since in
      ONNXForm<Self>(
        "AveragePool", since: since, inputs: 1,
        [
          "kernel_shape": .ints(\.window.kernelShape), "strides": .ints(\.window.strides),
          "pads": .pads(\.window), "auto_pad": .name(\.window.padding), "ceil_mode": .bool(\.window.ceilMode),
          "count_include_pad": .bool(\.countIncludePad),
        ])
    } + [
      ONNXForm<Self>(
        "AveragePool", since: 7, inputs: 1,
        [
          "kernel_shape": .ints(\.window.kernelShape), "strides": .ints(\.window.strides),
          "pads": .pads(\.window), "auto_pad": .name(\.window.padding),
          "count_include_pad": .bool(\.countIncludePad),
        ])
    ]

  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard let x = inputs.first, let x, x.rank != 4 else { return nil }
    return [window.separated(x) { $0.averagePool($1, countIncludePad: countIncludePad) }]
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let scalar = try requireOneFloatType(x, [0])
    try require(window.dilations == [1, 1], "has no dilations, but is given \(window.dilations)")
    return [TensorType(scalar, try window.outputShape(x[0].shape))]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let op = AveragePoolGradient(window: window, countIncludePad: countIncludePad)
    return [p.builder.apply(op, [p.seed, p.input(0).shapeTensor()])]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, kernel: name)
    let (x, y) = (site.input(0).sizes, site.output().sizes)
    return Kernel("ck_average_pool2d_f32", flops: window.flops(y: y), bytes: site.traffic) {
      [plan = window.plan(x: x, y: y), countIncludePad] b in
      withUnsafePointer(to: plan) { ck_average_pool2d_f32(b.output(), b.input(0), $0, countIncludePad) }
    }
  }
}

extension Tensor {
  /// The mean of every window of self [B, C, H, W].
  public func averagePool(_ window: PoolingWindow, countIncludePad: Bool = false) -> Tensor {
    apply(AveragePool(window: window, countIncludePad: countIncludePad))
  }
}
