import Graphs
import Tensors

/// AveragePool since opset 19, whose windows may be spread out: a depthwise convolution divided by the size of each window.
public struct DilatedAveragePool: Macro {
  public var window = PoolingWindow()
  public var countIncludePad = false

  public init() {}
  public init(window: PoolingWindow, countIncludePad: Bool) {
    (self.window, self.countIncludePad) = (window, countIncludePad)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "AveragePool", since: 19, inputs: 1,
      [
        "kernel_shape": .ints(\.window.kernelShape), "strides": .ints(\.window.strides), "pads": .pads(\.window),
        "auto_pad": .name(\.window.padding), "ceil_mode": .bool(\.window.ceilMode),
        "count_include_pad": .bool(\.countIncludePad), "dilations": .ints(\.window.dilations),
      ], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let image = inputs.first, let image else { return nil }
    if image.rank != 4 {
      return [
        window.separated(image) { $0.apply(DilatedAveragePool(window: $1, countIncludePad: countIncludePad)) }
      ]
    }
    if window.dilations == [1, 1] { return [image.averagePool(window, countIncludePad: countIncludePad)] }
    let builder = image.builder
    let result: Shape
    do { result = try window.outputShape(image.shape) } catch {
      builder.record(.shape, at: builder.path, "AveragePool: \(error.message)")
      return [Tensor(builder, nil)]
    }
    let (x, y) = (image.shape.dimensions.map { $0.constant ?? 0 }, result.dimensions.map { $0.constant ?? 0 })
    guard (x[1...] + y[1...]).allSatisfy({ (1..<1 << 24).contains($0) }), y[2] * y[3] < 1 << 24 else {
      builder.record(
        .unsupported, at: builder.path,
        "AveragePool: dilated windows need all extents but the batch as numbers of usual size, not \(image.shape)")
      return [Tensor(builder, nil)]
    }
    let ones = builder.constant(NDArray(Float(1))).expanded(shape: builder.constant([x[1], 1] + window.kernelShape))
    let sum = builder.apply(Conv(window: window.convolution(x: x, y: y)), [image, ones])
    return [sum / builder.constant(window.counts(x: x, y: y, countPads: countIncludePad))]
  }
}
