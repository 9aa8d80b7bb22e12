import CKernels
import Graphs
import Tensors

/// The largest element of every window of x [B, C, H, W]: [B, C, oh, ow]. Pads are never the largest. The second output
/// (int64, of the same shape) says where in x, counted over all its elements, each one lies.
public struct MaxPool: Operator {
  public var window = PoolingWindow()

  public init() {}
  public init(window: PoolingWindow) { self.window = window }

  public static let onnx =
    [12, 11, 10].map { since in
      ONNXForm<Self>(
        "MaxPool", since: since, inputs: 1, outputs: Arity(1...2),
        [
          "kernel_shape": .ints(\.window.kernelShape), "strides": .ints(\.window.strides),
          "pads": .pads(\.window), "auto_pad": .name(\.window.padding), "ceil_mode": .bool(\.window.ceilMode),
          "dilations": .ints(\.window.dilations), "storage_order": .fixed(.int(0)),
        ])
    } + [
      ONNXForm<Self>(
        "MaxPool", since: 8, inputs: 1, outputs: Arity(1...2),
        [
          "kernel_shape": .ints(\.window.kernelShape), "strides": .ints(\.window.strides),
          "pads": .pads(\.window), "auto_pad": .name(\.window.padding), "storage_order": .fixed(.int(0)),
        ]),
      ONNXForm<Self>(
        "MaxPool", since: 1, inputs: 1,
        [
          "kernel_shape": .ints(\.window.kernelShape), "strides": .ints(\.window.strides),
          "pads": .pads(\.window), "auto_pad": .name(\.window.padding),
        ]),
    ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let scalar = try requireOneFloatType(x, [0])
    let shape = try window.outputShape(x[0].shape)
    return [TensorType(scalar, shape), TensorType(.int64, shape)]
  }

  /// dy added where the largest elements lie, the first of equals.
  public func gradient(_ p: Pullback) -> [Tensor?] {
    let x = p.input(0)
    let isKnown = p.outputs.count == 2 && !p.output(1).isPoisoned
    let indices = isKnown ? p.output(1) : p.builder.apply(self, [x], outputs: 2)[1]
    let size = p.builder.shapeVector([x.shape.elementCount], from: [x])
    let op = GatherGradient(axis: 0)
    return [
      p.builder.apply(op, [p.seed.reshaped(to: [-1]), indices.reshaped(to: [-1]), size]).reshaped(like: x)
    ]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, kernel: name)
    let (x, y) = (site.input(0).sizes, site.output().sizes)
    let outputs = site.outputs.count
    return Kernel("ck_max_pool2d_f32", flops: window.flops(y: y), bytes: site.traffic) {
      [plan = window.plan(x: x, y: y)] b in
      withUnsafePointer(to: plan) {
        ck_max_pool2d_f32(b.output(), outputs > 1 ? b.output(1) : nil, b.input(0), $0)
      }
    }
  }
}

extension Tensor {
  /// The largest element of every window of self [B, C, H, W].
  public func maxPool(_ window: PoolingWindow) -> Tensor { apply(MaxPool(window: window)) }
}
