import Graphs
import Operators
import Tensors

/// Recognises x · σ(1.702 x).
public struct FuseQuickGelu: PatternRule {
  public let patterns: [Pattern]

  public init() {
    patterns = [
      .canonical { p in
        let x = p.any("x")
        return QuickGelu().definition([x])?.first ?? x
      }
    ]
  }

  public func replacement(_ m: Match) -> Tensor? { m["x"].quickGelu() }
}
