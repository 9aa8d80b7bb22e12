import CKernels
import Graphs
import Tensors

/// The largest element of every window of x [B, C, H, W]: [B, C, oh, ow]. Pads are never the largest. The second output
/// (int64, of the same shape) says where in x, counted over all its elements, each one lies. Files
/// may pool along other numbers of axes, and integers.
public struct MaxPool: Operator, Elaborated {
  public var window = PoolingWindow()
  /// Whether positions count down the columns of an image; only while a file is read.
  public var isColumnMajor = false

  public init() {}
  public init(window: PoolingWindow) { self.window = window }

  private static let columnMajor = AttributeCoding<Self>(
    encode: { $0.isColumnMajor ? .int(1) : nil },
    decode: { op, value throws(ShapeError) in
      guard case .int(let order) = value, order == 0 || order == 1 else { throw ShapeError("must be 0 or 1") }
      op.isColumnMajor = order == 1
    })

  public static let onnx =
    [12, 11, 10].map { since in
      ONNXForm<Self>(
        "MaxPool", since: since, inputs: 1, outputs: Arity(1...2),
        [
          "kernel_shape": .ints(\.window.kernelShape), "strides": .ints(\.window.strides),
          "pads": .pads(\.window), "auto_pad": .name(\.window.padding), "ceil_mode": .bool(\.window.ceilMode),
          "dilations": .ints(\.window.dilations), "storage_order": columnMajor,
        ])
    } + [
      ONNXForm<Self>(
        "MaxPool", since: 8, inputs: 1, outputs: Arity(1...2),
        [
          "kernel_shape": .ints(\.window.kernelShape), "strides": .ints(\.window.strides),
          "pads": .pads(\.window), "auto_pad": .name(\.window.padding), "storage_order": columnMajor,
        ]),
      ONNXForm<Self>(
        "MaxPool", since: 1, inputs: 1,
        [
          "kernel_shape": .ints(\.window.kernelShape), "strides": .ints(\.window.strides),
          "pads": .pads(\.window), "auto_pad": .name(\.window.padding),
        ]),
    ]

  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard let x = inputs.first, let x, x.rank != 4 || !x.scalar.isFloat || isColumnMajor else { return nil }
    let image = x.scalar.isFloat ? x : x.cast(to: .float32)
    if image.rank == 4 {
      var results = x.builder.apply(MaxPool(window: window), [image], outputs: outputs)
      results[0] = results[0].cast(to: x.scalar)
      if outputs > 1, isColumnMajor { results[1] = MaxPool.columnMajor(results[1], in: x) }
      return results
    }
    if outputs > 1 {
      x.builder.record(.unsupported, at: x.builder.path, "positions are known for images alone, not for \(x.shape)")
    }
    return [window.separated(image) { $0.maxPool($1) }.cast(to: x.scalar)]
  }

  /// Positions in x [B, C, H, W], counted down the columns of each plane.
  private static func columnMajor(_ indices: Tensor, in x: Tensor) -> Tensor {
    let (height, width) = (x.dimension(2), x.dimension(3))
    let place = indices.modulo(height * width)
    return indices - place + place.modulo(width) * height + place / width
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let scalar = try requireOneFloatType(x, [0])
    try require(!isColumnMajor, "storage_order 1 is known only in files")
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
