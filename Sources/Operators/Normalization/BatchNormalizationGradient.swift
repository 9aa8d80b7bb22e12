import CKernels
import Graphs
import Tensors

/// The gradients of batch normalisation. Inputs: x [B, C, ...], scale [C], dy, and the mean and the variance [C] that x was
/// normalised with; in training mode those two may be left out, and are then computed again. Outputs: dx, dscale, dbias.
///
/// With x̂ the normalised x, r = 1 / √(var + ε), and sums and means over all axes but the second:
///
///     dscale = Σ dy · x̂;   dbias = Σ dy
///     dx = scale · r · (dy − mean dy − x̂ · mean(dy · x̂)) in training mode,   scale · r · dy otherwise
public struct BatchNormalizationGradient: Operator {
  public var epsilon: Float = 1e-5
  /// Whether mean and variance are those of x, rather than constants.
  public var trainingMode = false

  public init() {}
  public init(epsilon: Float, trainingMode: Bool) { (self.epsilon, self.trainingMode) = (epsilon, trainingMode) }

  public static let onnx = [
    ONNXForm<Self>(
      "BatchNormalizationGradient", domain: Catalogue.domain, since: 1, inputs: Arity(3...5), outputs: Arity(1...3),
      ["epsilon": .float(\.epsilon), "training_mode": .bool(\.trainingMode)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1, 2, 3, 4])
    try x.requireChannelVectors([(1, "scale"), (3, "mean"), (4, "variance")])
    try requireEqual(x[2].shape, x[0].shape, "dy", "x")
    try require(x.has(3) == x.has(4), "mean and variance come together")
    try require(trainingMode || x.has(3), "needs mean and variance outside of training mode")
    return [x[0], x[1], x[1]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    let given = inputs.compactMap { $0 }
    guard given.count == 3 || given.count == 5 else { return nil }
    let (x, scale, dy) = (given[0], given[1], given[2])
    let (mean, variance) = given.count == 5 ? (given[3], given[4]) : x.channelStatistics()
    let axes = BatchNormalization.reducedAxes(rank: x.rank)
    let inverse = (variance + epsilon).squareRoot().reciprocal()
    let normalised = (x - mean.perChannel(of: x)) * inverse.perChannel(of: x)
    let products = dy * normalised
    var dx = dy
    if trainingMode {
      dx = dx - dy.mean(axes).perChannel(of: x) - normalised * products.mean(axes).perChannel(of: x)
    }
    return [(scale * inverse).perChannel(of: x) * dx, products.sum(axes), dy.sum(axes)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, 3, 4, kernel: name)
    let e = try ChannelExtents(site.input(0).sizes)
    let outputs = site.outputs.count
    return Kernel(
      "ck_batch_normalization_gradient_f32", flops: saturatingProduct(10, site.input(0).count), bytes: site.traffic,
      scratch: Int(ck_batch_normalization_scratch(e.batch, e.channels, e.plane)),
      inPlace: [.init(input: 2), .init(input: 0)]
    ) { [epsilon, trainingMode] b in
      ck_batch_normalization_gradient_f32(
        b.output(), outputs > 1 ? b.output(1) : nil, outputs > 2 ? b.output(2) : nil, b.input(2), b.input(0),
        b.input(1), b.input(3), b.input(4), e.batch, e.channels, e.plane, epsilon, trainingMode, b.scratch)
    }
  }
}

extension Tensor {
  /// The gradients of batch normalisation of self.
  func batchNormalizationGradient(
    scale: Tensor, _ dy: Tensor, statistics: (mean: Tensor, variance: Tensor)?, epsilon: Float, trainingMode: Bool
  ) -> (dx: Tensor, dscale: Tensor, dbias: Tensor) {
    let results = builder.apply(
      BatchNormalizationGradient(epsilon: epsilon, trainingMode: trainingMode),
      [self, scale, dy, statistics?.mean, statistics?.variance], outputs: 3)
    return (results[0], results[1], results[2])
  }
}
