import CKernels
import Graphs
import Tensors

/// Normalises every channel of x [B, C, ...], then scales and shifts it (Ioffe and Szegedy 2015).
///
///     y = (x − mean) / √(var + ε) · scale + bias
///
/// Inputs: x, scale, bias, mean, var (all but x of shape [C]). For inference, mean and var are those inputs, and y is the
/// only output. In training mode they are the mean and the biased variance of x over all axes but the second, and further
/// outputs are the running statistics: input · momentum + that of x · (1 − momentum).
public struct BatchNormalization: Operator {
  public var epsilon: Float = 1e-5
  public var momentum: Float = 0.9
  public var trainingMode = false

  public init() {}
  public init(epsilon: Float, momentum: Float = 0.9, trainingMode: Bool = false) {
    (self.epsilon, self.momentum, self.trainingMode) = (epsilon, momentum, trainingMode)
  }

  private static func form(since: Int) -> ONNXForm<Self> {
    ONNXForm(
      "BatchNormalization", since: since, inputs: 5, outputs: Arity(1...3),
      [
        "epsilon": .float(\.epsilon), "momentum": .float(\.momentum), "training_mode": .bool(\.trainingMode),
      ])
  }

  public static let onnx = [
    form(since: 15), form(since: 14),
    ONNXForm<Self>(
      "BatchNormalization", since: 9, inputs: 5, ["epsilon": .float(\.epsilon), "momentum": .float(\.momentum)]),
    ONNXForm<Self>(
      "BatchNormalization", since: 7, inputs: 5,
      ["epsilon": .float(\.epsilon), "momentum": .float(\.momentum), "spatial": .fixed(.int(1))]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1, 2, 3, 4])
    try x.requireChannelVectors([(1, "scale"), (2, "bias"), (3, "mean"), (4, "variance")])
    if trainingMode { return [x[0], x[3], x[4]] }
    try require(x.outputCount == 1, "has running statistics to give in training mode alone")
    return [x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    let given = inputs.compactMap { $0 }
    guard given.count == 5 else { return nil }
    let (x, scale, bias) = (given[0], given[1], given[2])
    let (mean, variance) = trainingMode ? x.channelStatistics() : (given[3], given[4])
    let y = x.normalised(scale: scale, bias: bias, mean: mean, variance: variance, epsilon: epsilon)
    guard trainingMode else { return [y] }
    return [y, given[3] * momentum + mean * (1 - momentum), given[4] * momentum + variance * (1 - momentum)]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let isConstant = trainingMode || !(p.wants(3) || p.wants(4))
    if !isConstant || p.seeds.dropFirst().contains(where: { $0 != nil }) { return p.gradientOfDefinition(self) }
    let results = p.input(0).batchNormalizationGradient(
      scale: p.input(1), p.seed, statistics: trainingMode ? nil : (p.input(3), p.input(4)), epsilon: epsilon,
      trainingMode: trainingMode)
    return [results.dx, results.dscale, results.dbias, nil, nil]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, 3, 4, kernel: name)
    let e = try ChannelExtents(site.input(0).sizes)
    guard trainingMode else {
      return Kernel(
        "ck_batch_normalization_f32", flops: saturatingProduct(3, site.output().count), bytes: site.traffic,
        inPlace: [.init(input: 0)]
      ) { [epsilon] b in
        ck_batch_normalization_f32(
          b.output(), b.input(0), b.input(1), b.input(2), b.input(3), b.input(4), e.batch, e.channels, e.plane, epsilon)
      }
    }
    let outputs = site.outputs.count
    return Kernel(
      "ck_batch_normalization_training_f32", flops: saturatingProduct(8, site.output().count), bytes: site.traffic,
      scratch: Int(ck_batch_normalization_scratch(e.batch, e.channels, e.plane)), inPlace: [.init(input: 0)]
    ) { [epsilon, momentum] b in
      ck_batch_normalization_training_f32(
        b.output(), outputs > 1 ? b.output(1) : nil, outputs > 2 ? b.output(2) : nil, b.input(0), b.input(1),
        b.input(2), b.input(3), b.input(4), e.batch, e.channels, e.plane, epsilon, momentum, b.scratch)
    }
  }
}

extension Tensor {
  /// Normalises self [B, C, ...] with given statistics: (self − mean) / √(variance + epsilon) · scale + bias, all [C].
  public func batchNormalization(
    scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, epsilon: Float
  ) -> Tensor {
    builder.apply(BatchNormalization(epsilon: epsilon), [self, scale, bias, mean, variance])
  }
}
