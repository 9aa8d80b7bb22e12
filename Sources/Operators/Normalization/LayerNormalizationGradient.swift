import CKernels
import Graphs
import Tensors

/// The gradients of layer normalisation. Inputs: x, scale, dy. Outputs: dx, dscale, dbias.
///
/// With x̂ the normalised row, r = 1 / √(var x + ε) and g = dy · scale:
///
///     dx = r · (g − mean g − x̂ · mean(g · x̂));   dscale = Σ dy · x̂;   dbias = Σ dy   over the rows
public struct LayerNormalizationGradient: Operator {
  public var axis = -1
  public var epsilon: Float = 1e-5

  public init() {}
  public init(axis: Int, epsilon: Float) { (self.axis, self.epsilon) = (axis, epsilon) }

  public static let onnx = [
    ONNXForm<Self>(
      "LayerNormalizationGradient", domain: Catalogue.domain, since: 1, inputs: 3, outputs: Arity(1...3),
      ["axis": .int(\.axis), "epsilon": .float(\.epsilon)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1, 2])
    let axis = try x[0].shape.axis(axis)
    try requireEqual(x[1].shape, Shape(Array(x[0].shape.dimensions[axis...])), "scale", "a row of x")
    try requireEqual(x[2].shape, x[0].shape, "dy", "x")
    return [x[0], x[1], x[1]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 3, let x = inputs[0], let scale = inputs[1], let dy = inputs[2] else { return nil }
    let axes = LayerNormalization.axes(from: axis, rank: x.rank)
    let rows = Array(0..<max(x.rank - axes.count, 0))
    let centred = x - x.mean(axes, keepDimensions: true)
    let variance = (centred * centred).mean(axes, keepDimensions: true)
    let inverse = (variance + epsilon).squareRoot().reciprocal()
    let normalised = centred * inverse
    let g = dy * scale
    let projection = normalised * (g * normalised).mean(axes, keepDimensions: true)
    let dx = inverse * (g - g.mean(axes, keepDimensions: true) - projection)
    guard !rows.isEmpty else { return [dx, dy * normalised, dy.identity()] }
    return [dx, (dy * normalised).sum(rows, keepDimensions: false), dy.sum(rows, keepDimensions: false)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, kernel: name)
    let sizes = site.input(0).sizes
    let axis = try Shape(sizes).axis(axis)
    let rows = Int64(sizes[..<axis].reduce(1, *))
    let width = Int64(sizes[axis...].reduce(1, *))
    let outputs = site.outputs.count
    return Kernel(
      "ck_layer_normalization_gradient_f32", flops: saturatingProduct(16, site.input(0).count), bytes: site.traffic,
      scratch: Int(ck_layer_normalization_gradient_scratch(rows, width)), inPlace: [.init(input: 2)]
    ) { [epsilon] b in
      ck_layer_normalization_gradient_f32(
        b.output(), outputs > 1 ? b.output(1) : nil, outputs > 2 ? b.output(2) : nil, b.input(2), b.input(0),
        b.input(1),
        nil, nil, rows, width, epsilon, b.scratch)
    }
  }
}

extension Tensor {
  /// The gradients of `layerNormalization` of self.
  public func layerNormalizationGradient(
    scale: Tensor, _ dy: Tensor, epsilon: Float, axis: Int = -1
  ) -> (dx: Tensor, dscale: Tensor, dbias: Tensor) {
    let results = builder.apply(
      LayerNormalizationGradient(axis: axis, epsilon: epsilon), [self, scale, dy], outputs: 3)
    return (results[0], results[1], results[2])
  }
}
