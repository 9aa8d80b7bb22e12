import Graphs
import Operators
import Tensors

/// AdamW (Loshchilov and Hutter 2019) over named parameters, with the paper's two groups: gains, biases and logit_scale (all of
/// fewer than two dimensions) are not decayed. Gradients are clipped by their common norm where a hyper-parameter says so.
struct Optimizer {
  let builder: GraphBuilder
  /// This step's learning rate.
  let rate: Tensor
  private let next: Tensor
  private let beta1, beta2, epsilon, decay, noDecay, maximumLogitScale: Tensor
  private let maximumNorm: Tensor?

  init(_ builder: GraphBuilder, _ hyperparameters: Hyperparameters) {
    self.builder = builder
    func optional(_ name: Hyperparameters.Name) -> Tensor? {
      hyperparameters.value(name).map { builder.parameter(name.rawValue, NDArray(Float($0))) }
    }
    func scalar(_ name: Hyperparameters.Name) -> Tensor { optional(name) ?? Tensor(builder, nil) }
    let step = builder.state(TrainingName.step, NDArray(Int64(0)))
    next = step + builder.constant(NDArray(Int64(1)))
    builder.update(step, with: next)
    (beta1, beta2, epsilon) = (scalar(.beta1), scalar(.beta2), scalar(.epsilon))
    (decay, noDecay) = (scalar(.weightDecay), builder.constant(0))
    maximumLogitScale = scalar(.maximumLogitScale)
    let (base, warmup, total) = (scalar(.learningRate), scalar(.warmupSteps), scalar(.totalSteps))
    let cooldown = optional(.cooldownSteps)
    maximumNorm = optional(.maximumGradientNorm)
    rate = builder.scoped("schedule") {
      let count = step.cast(to: .float32)
      guard let cooldown else { return warmupCosine(step: count, base: base, warmup: warmup, total: total) }
      return warmupConstant(step: count, base: base, warmup: warmup, total: total, cooldown: cooldown)
    }.named(TrainingName.learningRate)
  }

  /// Adds the updates of all parameters.
  func update(_ parameters: [(parameter: Tensor, gradient: Tensor)]) {
    let factor = maximumNorm.map { maximum in
      builder.scoped("clipping") { clipFactor(parameters.map(\.gradient), maximum) }
    }
    for (parameter, gradient) in parameters {
      update(parameter, factor.map { factor in builder.scoped("clipping") { gradient * factor } } ?? gradient)
    }
  }

  /// min(1, maximum / (‖all gradients‖ + 10⁻⁶)), as torch.nn.utils.clip_grad_norm_. Scalars.
  private func clipFactor(_ gradients: [Tensor], _ maximum: Tensor) -> Tensor {
    let squares = gradients.map { $0.rank == 0 ? $0 * $0 : $0.sumOfSquares(Array(0..<$0.rank)) }
    guard let first = squares.first else { return builder.constant(1) }
    let norm = squares.dropFirst().reduce(first, +).squareRoot()
    return (maximum / (norm + 1e-6)).minimum(builder.constant(1))
  }

  /// Adds the update of one parameter: parameter and both moments become states.
  private func update(_ parameter: Tensor, _ gradient: Tensor) {
    let name = parameter.name
    guard let sizes = parameter.shape.sizes, let zeros = try? NDArray(zeros: .float32, sizes) else { return }
    let m = builder.state(TrainingName.firstMoment(name), zeros)
    let v = builder.state(TrainingName.secondMoment(name), zeros)
    builder.scoped(name) {
      let updated = parameter.adamW(
        gradient: gradient, m: m, v: v, step: next, learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        weightDecay: parameter.rank < 2 ? noDecay : decay)
      let isScale = name.hasSuffix("logit_scale")
      builder.update(
        parameter,
        with: isScale ? updated.p.clipped(min: builder.constant(0), max: maximumLogitScale) : updated.p)
      builder.update(m, with: updated.m)
      builder.update(v, with: updated.v)
    }
  }
}
