import Foundation

/// What fresh parameters are drawn from.
public enum Distribution: Hashable, Sendable {
  case constant(Float)
  case normal(deviation: Float)
  /// Uniform in ±`bound`.
  case uniform(bound: Float)
}

extension CLIPConfiguration {
  /// The distribution of a fresh parameter, by its path: the paper's code (`initialize_parameters` in openai/CLIP's
  /// model.py), and PyTorch's defaults for what it leaves alone.
  public func distribution(of name: String, _ sizes: [Int]) -> Distribution {
    let rule = (name.hasPrefix("visual.") ? visionRules : textRules).first { name.hasSuffix($0.suffix) }
    return rule?.distribution(sizes) ?? .constant(0)
  }

  private struct Rule {
    var suffix: String
    var distribution: ([Int]) -> Distribution
    init(_ suffix: String, _ distribution: @escaping ([Int]) -> Distribution) {
      (self.suffix, self.distribution) = (suffix, distribution)
    }
    init(_ suffix: String, _ distribution: Distribution) { self.init(suffix) { _ in distribution } }
  }

  /// First suffix that fits wins.
  private var textRules: [Rule] {
    let width = Double(text.width)
    let residual = pow(width, -0.5) * pow(2 * Double(text.layers), -0.5)
    return [
      Rule("logit_scale", .constant(Float(logitScale))),
      Rule("logit_bias", .constant(Float(logitBias ?? 0))),
      Rule("token_embedding.weight", .normal(deviation: 0.02)),
      Rule("positional_embedding", .normal(deviation: 0.01)),
      Rule("in_proj_weight", .normal(deviation: Float(pow(width, -0.5)))),
      Rule("in_proj_bias", .constant(0)),
      Rule("out_proj.weight", .normal(deviation: Float(residual))),
      Rule("out_proj.bias", .constant(0)),
      Rule("c_proj.weight", .normal(deviation: Float(residual))),
      Rule("c_fc.weight", .normal(deviation: Float(pow(2 * width, -0.5)))),
      Rule("c_fc.bias", .uniform(bound: Float(pow(width, -0.5)))),
      Rule("c_proj.bias", .uniform(bound: Float(pow(Double(text.hidden), -0.5)))),
      Rule("text_projection", .normal(deviation: Float(pow(width, -0.5)))),
      Rule(".weight", .constant(1)),
    ]
  }

  /// PyTorch: Linear and Conv are uniform within 1/√fan_in, their biases too; MultiheadAttention's packed projection is
  /// Xavier-uniform (Glorot and Bengio 2010) and its biases are zero.
  private var visionRules: [Rule] {
    func fanIn(_ sizes: [Int]) -> Distribution {
      .uniform(bound: Float(pow(Double(sizes.dropFirst().reduce(1, *)), -0.5)))
    }
    let scale = pow(Double(vision.features), -0.5)
    let normal = Distribution.normal(deviation: Float(scale))
    switch vision {
    case .transformer(let vision):
      return [
        Rule("class_embedding", normal),
        Rule("positional_embedding", normal),
        Rule("visual.proj", normal),
        Rule("in_proj_weight") { sizes in .uniform(bound: Float(sqrt(6 / Double(sizes.reduce(0, +))))) },
        Rule("in_proj_bias", .constant(0)),
        Rule("out_proj.weight", fanIn),
        Rule("out_proj.bias", .constant(0)),
        Rule("conv1.weight", fanIn),
        Rule("c_fc.weight", fanIn),
        Rule("c_proj.weight", fanIn),
        Rule("c_fc.bias", .uniform(bound: Float(scale))),
        Rule("c_proj.bias", .uniform(bound: Float(pow(Double(vision.hidden), -0.5)))),
        Rule(".weight", .constant(1)),
      ]
    case .resNet:
      return [
        Rule("positional_embedding", normal),
        Rule("_proj.weight", normal),
        Rule("_proj.bias", .uniform(bound: Float(scale))),
        Rule("running_var", .constant(1)),
        Rule("visual.bn3.weight", .constant(1)),
        // The last gain of every block: at first each is the identity.
        Rule("bn3.weight", .constant(0)),
        Rule(".weight") { sizes in sizes.count == 4 ? fanIn(sizes) : .constant(1) },
      ]
    }
  }
}
