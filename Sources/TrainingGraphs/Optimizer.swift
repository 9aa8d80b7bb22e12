import Graphs
import Operators
import Tensors

/// AdamW (Loshchilov and Hutter 2019) over named parameters, with the paper's two groups: gains, biases and logit_scale (all of
/// fewer than two dimensions) are not decayed.
struct Optimizer {
  let builder: GraphBuilder
  /// This step's learning rate.
  let rate: Tensor
  private let next: Tensor
  private let beta1, beta2, epsilon, decay, noDecay, maximumLogitScale: Tensor

  init(_ builder: GraphBuilder, _ hyperparameters: Hyperparameters) {
    self.builder = builder
    func scalar(_ name: Hyperparameters.Name) -> Tensor {
      builder.parameter(name.rawValue, NDArray(Float(hyperparameters.value(name))))
    }
    let step = builder.state(TrainingName.step, NDArray(Int64(0)))
    next = step + builder.constant(NDArray(Int64(1)))
    builder.update(step, with: next)
    (beta1, beta2, epsilon) = (scalar(.beta1), scalar(.beta2), scalar(.epsilon))
    (decay, noDecay) = (scalar(.weightDecay), builder.constant(0))
    maximumLogitScale = scalar(.maximumLogitScale)
    let (base, warmup, total) = (scalar(.learningRate), scalar(.warmupSteps), scalar(.totalSteps))
    rate = builder.scoped("schedule") {
      warmupCosine(step: step.cast(to: .float32), base: base, warmup: warmup, total: total)
    }.named(TrainingName.learningRate)
  }

  /// Adds the update of one parameter: parameter and both moments become states.
  func update(_ parameter: Tensor, _ gradient: Tensor) {
    let name = parameter.name
    guard let sizes = parameter.shape.sizes, let zeros = try? NDArray(zeros: .float32, sizes) else { return }
    let m = builder.state(TrainingName.firstMoment(name), zeros)
    let v = builder.state(TrainingName.secondMoment(name), zeros)
    builder.scoped(name) {
      let updated = parameter.adamW(
        gradient: gradient, m: m, v: v, step: next, learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        weightDecay: parameter.rank < 2 ? noDecay : decay)
      let isScale = name == "logit_scale"
      builder.update(
        parameter,
        with: isScale ? updated.p.clipped(min: builder.constant(0), max: maximumLogitScale) : updated.p)
      builder.update(m, with: updated.m)
      builder.update(v, with: updated.v)
    }
  }
}
