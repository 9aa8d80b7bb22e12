import Tensors

/// Replaces what computes a value by something better that computes the same.
///
/// The rewriter owns the rest: in which order nodes are visited, until nothing changes, that types stay, what the new nodes
/// are called, and the log.
public protocol RewriteRule: Sendable {
  /// The name in logs; the type's by default.
  var name: String { get }
  /// Operators at which the rule looks; empty for all.
  var roots: [any Operator.Type] { get }
  /// What is wrong with the rule itself, if anything; found before any node is visited.
  var problems: [GraphError] { get }
  /// The replacement at this node, or nil.
  func rewrite(_ site: RewriteSite) -> Replacement?
}

extension RewriteRule {
  public var name: String { String(describing: Self.self) }
  public var problems: [GraphError] { [] }
}

/// Values of the graph and what takes their place.
public struct Replacement {
  public var pairs: [(old: ValueID, new: Tensor)]
  public init(_ pairs: [(old: ValueID, new: Tensor)]) { self.pairs = pairs }
}

/// A rule that is given by little graphs to look for. The first is usually an operator's definition, others are further
/// spellings of it.
public protocol PatternRule: RewriteRule {
  var patterns: [Pattern] { get }
  /// What takes the place of the pattern's root, or nil through `Match.decline`.
  func replacement(_ m: Match) -> Tensor?
}

extension PatternRule {
  public var roots: [any Operator.Type] { patterns.compactMap(\.rootOperator) }
  public var problems: [GraphError] { patterns.flatMap(\.problems) }

  public func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let output = site.output() else { return nil }
    for pattern in patterns {
      guard let match = pattern.match(at: output, site) else { continue }
      if let tensor = replacement(match) { return site.replaced(by: tensor) }
    }
    return nil
  }
}
