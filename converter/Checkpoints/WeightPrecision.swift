import Tensors

/// What `--precision` makes of weights.
public enum WeightPrecision: String, Hashable, Sendable, CaseIterable {
  /// Everything in single precision.
  case fp32
  /// What OpenAI's `convert_weights` halves: weights and biases of convolutions, linear layers and attention, and the two
  /// projections. Embeddings and normalisations stay as they are.
  case fp16

  /// The type under which a parameter is kept that a checkpoint holds as `scalar`.
  func scalar(of parameter: String, from scalar: ScalarType) -> ScalarType {
    switch self {
    case .fp32: .float32
    case .fp16 where WeightPrecision.isHalved(parameter): .float16
    case .fp16: scalar == .float16 ? .float16 : .float32
    }
  }

  private static let halvedModules: Set<String> = [
    "out_proj", "c_fc", "c_proj", "q_proj", "k_proj", "v_proj", "conv1", "conv2", "conv3",
  ]

  private static func isHalved(_ parameter: String) -> Bool {
    let path = parameter.split(separator: ".").map(String.init)
    guard let name = path.last else { return false }
    if ["in_proj_weight", "in_proj_bias", "text_projection", "proj"].contains(name) { return true }
    guard path.count > 1 else { return false }
    return halvedModules.contains(path[path.count - 2]) || parameter.hasSuffix(".downsample.0.weight")
  }
}
