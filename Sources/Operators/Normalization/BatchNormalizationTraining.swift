import CKernels
import Graphs
import Tensors

/// Normalises every channel of x [B, C, ...] with its own statistics, then scales and shifts it.
///
///     y = (x − mean x) / √(var x + ε) · scale + bias
///
/// Inputs: x, scale [C], bias [C]. Outputs: y, and the mean and the biased variance [C] of x over all axes but the second.
/// These are states in the making: what becomes of them is spelt in nodes of their own.
public struct BatchNormalizationTraining: Operator {
  public var epsilon: Float = 1e-5

  public init() {}
  public init(epsilon: Float) { self.epsilon = epsilon }

  public static let onnx = [
    ONNXForm<Self>(
      "BatchNormalizationTraining", domain: Catalogue.domain, since: 1, inputs: 3, outputs: Arity(1...3),
      ["epsilon": .float(\.epsilon)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1, 2])
    try x.requireChannelVectors([(1, "scale"), (2, "bias")])
    return [x[0], x[1], x[1]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 3, let x = inputs[0], let scale = inputs[1], let bias = inputs[2] else { return nil }
    let (mean, variance) = x.channelStatistics()
    return [x.normalised(scale: scale, bias: bias, mean: mean, variance: variance, epsilon: epsilon), mean, variance]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    if p.seeds.dropFirst().contains(where: { $0 != nil }) { return p.gradientOfDefinition(self) }
    let isKnown = p.outputs.count == 3 && !p.outputs.contains(where: \.isPoisoned)
    let results = p.input(0).batchNormalizationGradient(
      scale: p.input(1), p.seed, statistics: isKnown ? (p.output(1), p.output(2)) : nil, epsilon: epsilon,
      trainingMode: true)
    return [results.dx, results.dscale, results.dbias]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, kernel: name)
    let e = try ChannelExtents(site.input(0).sizes)
    let outputs = site.outputs.count
    return Kernel(
      "ck_batch_normalization_training_f32", flops: saturatingProduct(8, site.output().count), bytes: site.traffic,
      scratch: Int(ck_batch_normalization_scratch(e.batch, e.channels, e.plane)), inPlace: [.init(input: 0)]
    ) { [epsilon] b in
      ck_batch_normalization_training_f32(
        b.output(), outputs > 1 ? b.output(1) : nil, outputs > 2 ? b.output(2) : nil, b.input(0), b.input(1),
        b.input(2), nil, nil, e.batch, e.channels, e.plane, epsilon, 0, b.scratch)
    }
  }
}

extension Tensor {
  /// Normalises self [B, C, ...] with its own statistics; gives them, too: the mean and the biased variance [C].
  public func batchNormalizationTraining(
    scale: Tensor, bias: Tensor, epsilon: Float
  ) -> (output: Tensor, mean: Tensor, variance: Tensor) {
    let results = builder.apply(BatchNormalizationTraining(epsilon: epsilon), [self, scale, bias], outputs: 3)
    return (results[0], results[1], results[2])
  }

  /// The running statistics [C] after a step on self [B, C, ...], as PyTorch keeps them: old · (1 − momentum) + that of the
  /// batch · momentum, where the batch's variance is the unbiased one, n / (n − 1) times the biased one. n is the number of
  /// elements of a channel; where it is 1, there is only the biased variance, 0.
  ///
  /// - Parameter batch: the statistics that `batchNormalizationTraining` of self gives.
  public func batchNormalizationRunningStatistics(
    mean: Tensor, variance: Tensor, batch: (mean: Tensor, variance: Tensor), momentum: Float
  ) -> (mean: Tensor, variance: Tensor) {
    let unbiased: Tensor
    switch Reduction.size(of: self, BatchNormalization.reducedAxes(rank: rank), noop: true) {
    case (let number?, _): unbiased = batch.variance * (number / Swift.max(number - 1, 1))
    case (nil, let count?): unbiased = batch.variance * (count / (count - 1).maximum(count.scalar(1)))
    case (nil, nil): return (Tensor(builder, nil), Tensor(builder, nil))
    }
    func updated(_ old: Tensor, _ new: Tensor) -> Tensor { old * (1 - momentum) + new * momentum }
    return (updated(mean, batch.mean), updated(variance, unbiased))
  }
}
