import Graphs
import Operators
import Tensors

/// Recognises layer normalisation over the last axis written out in primitives, as exporters before opset 17 write it.
public struct FuseLayerNormalization: PatternRule {
  public let patterns: [Pattern]

  /// - Parameter bias: looks for the form with a bias. It comes before the one without, which is part of it.
  public init(bias: Bool) {
    patterns = [
      .canonical { p in
        LayerNormalization.definition(
          p.any("x"), scale: p.vector("scale"), bias: bias ? p.vector("bias") : nil, epsilon: p.scalar("epsilon")
        ).y
      }
    ]
  }

  public func replacement(_ m: Match) -> Tensor? {
    let (x, scale, bias) = (m["x"], m["scale"], m["bias"])
    guard x.rank >= 1, scale.shape == [x.shape[-1]] else { return m.decline("scale is not per feature") }
    guard bias.isPoisoned || bias.shape == scale.shape else { return m.decline("bias is not per feature") }
    return x.layerNormalization(scale: scale, bias: bias.isPoisoned ? nil : bias, epsilon: m.scalar("epsilon"))
  }
}
