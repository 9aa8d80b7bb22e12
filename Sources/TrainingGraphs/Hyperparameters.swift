import CLIPModel
import Foundation
import Graphs
import Tensors

/// The scalars of a training graph. In the file each is a named initializer of the algorithm, so that it can be set without
/// touching the graph. Defaults are the paper's for vision transformers (Radford et al. 2021, tables 18 to 20).
public struct Hyperparameters: Hashable, Sendable {
  /// Peak learning rate.
  public var learningRate: Double = 5e-4
  /// Steps of linear warm-up.
  public var warmupSteps = 2_000
  /// Steps after which the cosine has fallen to zero.
  public var totalSteps = 390_625
  /// Decoupled weight decay, of all weights that are not gains or biases.
  public var weightDecay: Double = 0.2
  public var beta1: Double = 0.9
  public var beta2: Double = 0.98
  public var epsilon: Double = 1e-6
  /// Upper bound of the logarithm of the logits' scale: ln 100.
  public var maximumLogitScale: Double = 4.605170185988092
  /// Steps at the end in which a constant rate falls to zero in a line; nil for the cosine. 0 keeps the rate to the end.
  public var cooldownSteps: Int?
  /// Gradients whose norm, taken over all parameters, is larger are scaled down to it; nil leaves them as they are.
  public var maximumGradientNorm: Double?

  public init() {}

  /// The paper's for this kind of image tower: ResNets have β₂ = 0.999 and ε = 10⁻⁸.
  public init(for vision: CLIPConfiguration.Vision) {
    if case .resNet = vision { (beta2, epsilon) = (0.999, 1e-8) }
  }

  /// Names of the initializers.
  public enum Name: String, CaseIterable, Sendable {
    case learningRate = "hyperparameter.learning_rate"
    case warmupSteps = "hyperparameter.warmup_steps"
    case totalSteps = "hyperparameter.total_steps"
    case weightDecay = "hyperparameter.weight_decay"
    case beta1 = "hyperparameter.beta1"
    case beta2 = "hyperparameter.beta2"
    case epsilon = "hyperparameter.epsilon"
    case maximumLogitScale = "hyperparameter.maximum_logit_scale"
    case cooldownSteps = "hyperparameter.cooldown_steps"
    case maximumGradientNorm = "hyperparameter.maximum_gradient_norm"

    /// Whether algorithms may do without it.
    var isOptional: Bool { self == .cooldownSteps || self == .maximumGradientNorm }
  }

  /// The scalars of a training graph; nil where it lacks one.
  public init?(of step: Graph) {
    var values: [Name: Double] = [:]
    for (id, array) in step.constants {
      guard let name = Name(rawValue: step[id].name), array.scalar == .float32, array.count == 1 else { continue }
      values[name] = array.values(as: Float.self).first.map(Double.init)
    }
    guard Name.allCases.allSatisfy({ values[$0] != nil || $0.isOptional }),
      let warmup = values[.warmupSteps].flatMap({ Int(exactly: $0) }),
      let total = values[.totalSteps].flatMap({ Int(exactly: $0) })
    else { return nil }
    (warmupSteps, totalSteps) = (warmup, total)
    learningRate = values[.learningRate] ?? learningRate
    weightDecay = values[.weightDecay] ?? weightDecay
    beta1 = values[.beta1] ?? beta1
    beta2 = values[.beta2] ?? beta2
    epsilon = values[.epsilon] ?? epsilon
    maximumLogitScale = values[.maximumLogitScale] ?? maximumLogitScale
    cooldownSteps = values[.cooldownSteps].flatMap { Int(exactly: $0) }
    maximumGradientNorm = values[.maximumGradientNorm]
  }

  /// nil where the algorithm does without it.
  func value(_ name: Name) -> Double? {
    switch name {
    case .learningRate: learningRate
    case .warmupSteps: Double(warmupSteps)
    case .totalSteps: Double(totalSteps)
    case .weightDecay: weightDecay
    case .beta1: beta1
    case .beta2: beta2
    case .epsilon: epsilon
    case .maximumLogitScale: maximumLogitScale
    case .cooldownSteps: cooldownSteps.map(Double.init)
    case .maximumGradientNorm: maximumGradientNorm
    }
  }
}
