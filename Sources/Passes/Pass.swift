import Graphs
import Operators

/// One step of a pipeline.
public protocol Pass: Sendable {
  var name: String { get }
  func run(on rewriter: Rewriter) throws(GraphError)
}

extension Pass {
  public var name: String { String(describing: Self.self) }
}

/// A pass made of rules, applied together until none of them applies.
public struct Rules: Pass {
  public let name: String
  public let rules: [any RewriteRule]

  public init(_ name: String, _ rules: [any RewriteRule]) { (self.name, self.rules) = (name, rules) }

  /// A single rule, under its own name.
  public init(_ rule: any RewriteRule) { self.init(rule.name, [rule]) }

  public func run(on rewriter: Rewriter) throws(GraphError) { try rewriter.apply(rules) }
}

extension OperatorTraits {
  /// What the rewriter must know of the operators of the catalogue.
  public static let standard = OperatorTraits(
    commutative: [Add.self, Mul.self, Max.self, Min.self, Equal.self, And.self, Or.self, Xor.self],
    shapeOperands: [(Reshape.self, 1), (Expand.self, 1), (ConstantOfShape.self, 0)])
}
