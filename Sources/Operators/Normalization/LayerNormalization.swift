import CKernels
import Graphs
import Tensors

/// Normalises every row to zero mean and unit variance, then scales and shifts it (Ba, Kiros and Hinton 2016).
///
///     y = (x − mean x) / √(var x + ε) · scale + bias
///
/// A row is everything from `axis` on; scale and bias (optional) have its shape. The second and third output are the mean
/// and 1 / √(var x + ε), with the row's axes kept as 1.
public struct LayerNormalization: Operator {
  public var axis = -1
  public var epsilon: Float = 1e-5

  public init() {}
  public init(axis: Int, epsilon: Float) { (self.axis, self.epsilon) = (axis, epsilon) }

  private static func form(since: Int, isReadOnly: Bool) -> ONNXForm<Self> {
    ONNXForm(
      "LayerNormalization", since: since, inputs: Arity(2...3), outputs: Arity(1...3),
      ["axis": .int(\.axis), "epsilon": .float(\.epsilon), "stash_type": .fixed(.int(1))], isReadOnly: isReadOnly)
  }

  /// ONNX Runtime writes it into files of earlier opsets, too.
  public static let onnx = [form(since: 17, isReadOnly: false), form(since: 1, isReadOnly: true)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1, 2])
    let axis = try x[0].shape.axis(axis)
    let row = Shape(Array(x[0].shape.dimensions[axis...]))
    try requireEqual(x[1].shape, row, "scale", "a row of x")
    if x.has(2) { try requireEqual(x[2].shape, row, "bias", "a row of x") }
    let kept = Array(x[0].shape.dimensions[..<axis]) + row.dimensions.map { _ in 1 }
    let statistic = TensorType(.float32, Shape(kept))
    return [x[0], statistic, statistic]
  }

  /// The normalisation over the last `axes` axes, in primitives.
  public static func definition(
    _ x: Tensor, scale: Tensor, bias: Tensor?, epsilon: Tensor, axes: [Int] = [-1]
  ) -> (y: Tensor, mean: Tensor, deviation: Tensor) {
    let mean = x.mean(axes, keepDimensions: true)
    let centred = x - mean
    let variance = (centred * centred).mean(axes, keepDimensions: true)
    let deviation = (variance + epsilon).squareRoot()
    let scaled = centred / deviation * scale
    return (bias.map { scaled + $0 } ?? scaled, mean, deviation)
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 2, let x = inputs[0], let scale = inputs[1] else { return nil }
    let parts = Self.definition(
      x, scale: scale, bias: inputs.count > 2 ? inputs[2] : nil, epsilon: x.builder.constant(epsilon),
      axes: Self.axes(from: axis, rank: x.rank))
    return [parts.y, parts.mean, parts.deviation.reciprocal()]
  }

  /// The axes of a row, counted from the end.
  static func axes(from axis: Int, rank: Int) -> [Int] { Array((axis < 0 ? axis : axis - rank)..<0) }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    if p.seeds.dropFirst().contains(where: { $0 != nil }) { return p.gradientOfDefinition(self) }
    let results = p.input(0).layerNormalizationGradient(scale: p.input(1), p.seed, epsilon: epsilon, axis: axis)
    return Array([results.dx, results.dscale, results.dbias].prefix(p.inputs.count))
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, kernel: name)
    let sizes = site.input(0).sizes
    let axis = try Shape(sizes).axis(axis)
    let rows = Int64(sizes[..<axis].reduce(1, *))
    let width = Int64(sizes[axis...].reduce(1, *))
    let outputs = site.outputs.count
    return Kernel(
      "ck_layer_normalization_f32", flops: saturatingProduct(8, site.output().count), bytes: site.traffic,
      inPlace: [.init(input: 0)]
    ) { [epsilon] b in
      ck_layer_normalization_f32(
        b.output(), outputs > 1 ? b.output(1) : nil, outputs > 2 ? b.output(2) : nil, b.input(0), b.input(1),
        b.input(2),
        rows, width, epsilon)
    }
  }
}

extension Tensor {
  /// Normalises everything from `axis` on; scale and bias have that shape.
  public func layerNormalization(scale: Tensor, bias: Tensor?, epsilon: Float, axis: Int = -1) -> Tensor {
    builder.apply(LayerNormalization(axis: axis, epsilon: epsilon), [self, scale, bias])
  }
}
