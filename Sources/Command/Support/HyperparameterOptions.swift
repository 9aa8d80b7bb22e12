import ArgumentParser
import CLIPModel
import ClipGraph
import TrainingGraphs

/// The scalars of a training algorithm as flags. Those that are not given stay as they are.
struct HyperparameterOptions: ParsableArguments {
  @Option(name: .customLong("lr"), help: "Peak learning rate.")
  var learningRate: Double?

  @Option(help: ArgumentHelp("Steps of linear warm-up.", valueName: "steps"))
  var warmup: Int?

  @Option(help: ArgumentHelp("Step at which the schedule ends, and training with it.", valueName: "n"))
  var steps: Int?

  @Option(
    help: ArgumentHelp(
      "Keep the rate constant instead of the cosine, and let it fall to zero in a line in the last N steps; 0 keeps it to the end.",
      valueName: "steps"))
  var cooldown: Int?

  @Option(help: ArgumentHelp("Scale gradients down to this norm, taken over all parameters.", valueName: "norm"))
  var gradClip: Double?

  @Option(help: "Decoupled weight decay.")
  var decay: Double?

  @Option(help: "AdamW's decay of the first moment.")
  var beta1: Double?

  @Option(help: "AdamW's decay of the second moment; by default 0.98 for transformers and 0.999 for ResNets.")
  var beta2: Double?

  @Option(help: "AdamW's ε; by default 1e-6 for transformers and 1e-8 for ResNets.")
  var epsilon: Double?

  /// The flags that were given, with the names under which a graph file keeps them.
  var given: [(flag: String, name: Hyperparameters.Name, value: Double)] {
    let all: [(String, Hyperparameters.Name, Double?)] = [
      ("--lr", .learningRate, learningRate), ("--warmup", .warmupSteps, warmup.map(Double.init)),
      ("--steps", .totalSteps, steps.map(Double.init)), ("--decay", .weightDecay, decay), ("--beta1", .beta1, beta1),
      ("--beta2", .beta2, beta2), ("--epsilon", .epsilon, epsilon),
      ("--cooldown", .cooldownSteps, cooldown.map(Double.init)), ("--grad-clip", .maximumGradientNorm, gradClip),
    ]
    return all.compactMap { flag, name, value in value.map { (flag, name, $0) } }
  }

  func validate() throws {
    for (flag, name, value) in given {
      let (isValid, wanted): (Bool, String) =
        switch name {
        case .learningRate, .epsilon, .maximumGradientNorm: (value > 0 && value.isFinite, "above 0")
        case .totalSteps: (value >= 1, "1 or more")
        case .beta1, .beta2: (value >= 0 && value < 1, "at least 0 and below 1")
        default: (value >= 0 && value.isFinite, "0 or more")
        }
      guard isValid else { throw ValidationError("\(flag) must be \(wanted), not \(value)") }
    }
  }

  /// The defaults for a model, with what was given.
  func hyperparameters(for configuration: CLIPConfiguration) -> Hyperparameters {
    changed(Hyperparameters(for: configuration.vision))
  }

  /// These with what was given.
  func changed(_ defaults: Hyperparameters) -> Hyperparameters {
    var result = defaults
    if let learningRate { result.learningRate = learningRate }
    if let warmup { result.warmupSteps = warmup }
    if let steps { result.totalSteps = steps }
    if let decay { result.weightDecay = decay }
    if let beta1 { result.beta1 = beta1 }
    if let beta2 { result.beta2 = beta2 }
    if let epsilon { result.epsilon = epsilon }
    if let cooldown { result.cooldownSteps = cooldown }
    if let gradClip { result.maximumGradientNorm = gradClip }
    return result
  }
}
