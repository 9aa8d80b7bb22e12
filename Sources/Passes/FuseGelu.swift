import Graphs
import Operators
import Tensors

/// Recognises GELU, exact (by the error function) and approximate (by the hyperbolic tangent), in the orders of factors that
/// exporters write.
public struct FuseGelu: RewriteRule {
  public let roots: [any Operator.Type] = [Mul.self]
  private let exact: [Pattern]
  private let approximate: [Pattern]

  public init() {
    let ratio = Float(2).squareRoot()
    let gates: [(Tensor) -> Tensor] = [{ ($0 / ratio).erf() + 1 }, { ($0 * (1 / ratio)).erf() + 1 }]
    exact = [FuseGelu.definition(.none)] + gates.flatMap { FuseGelu.products($0) }
    approximate =
      [FuseGelu.definition(.tanh)]
      + FuseGelu.products { x in ((x + x * x * x * 0.044715) * 0.797_884_56).tanh() + 1 }
      + FuseGelu.products { x in (x * (x * x * 0.044715 + 1) * 0.797_884_56).tanh() + 1 }
  }

  public var problems: [GraphError] { (exact + approximate).flatMap(\.problems) }

  private static func definition(_ approximation: GeluApproximation) -> Pattern {
    .canonical { p in
      let x = p.any("x")
      return Gelu(approximate: approximation).definition([x])?.first ?? x
    }
  }

  /// x · gate(x) / 2, with the half at each of its places.
  private static func products(_ gate: @escaping (Tensor) -> Tensor) -> [Pattern] {
    [
      .canonical { p in p.any("x") * gate(p.any("x")) * 0.5 },
      .canonical { p in p.any("x") * 0.5 * gate(p.any("x")) },
      .canonical { p in p.any("x") * (gate(p.any("x")) * 0.5) },
    ]
  }

  public func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let y = site.output() else { return nil }
    for (patterns, approximation) in [(exact, GeluApproximation.none), (approximate, .tanh)] {
      for pattern in patterns {
        guard let match = pattern.match(at: y, site) else { continue }
        return site.replaced(by: match["x"].gelu(approximate: approximation))
      }
    }
    return nil
  }
}
