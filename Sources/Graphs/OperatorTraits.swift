/// What the rewriter must know of operators beyond their attributes. Operators that are not listed have none of it.
public struct OperatorTraits: Sendable {
  private var commutative: Set<ObjectIdentifier> = []
  private var shapeOperands: [ObjectIdentifier: Int] = [:]

  /// - Parameters:
  ///   - commutative: operators whose first two inputs may change places.
  ///   - shapeOperands: operators with an input that says nothing but the output's shape, and its position.
  public init(commutative: [any Operator.Type] = [], shapeOperands: [(any Operator.Type, Int)] = []) {
    for type in commutative { self.commutative.insert(ObjectIdentifier(type)) }
    for (type, position) in shapeOperands { self.shapeOperands[ObjectIdentifier(type)] = position }
  }

  public func isCommutative(_ op: any Operator) -> Bool { commutative.contains(ObjectIdentifier(type(of: op))) }
  public func shapeOperand(of op: any Operator) -> Int? { shapeOperands[ObjectIdentifier(type(of: op))] }
}
