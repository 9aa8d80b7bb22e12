import Graphs
import Tensors
import Testing

@testable import Operators

/// One use of an operator with numbers: the laws hold for each.
struct OperatorCase: Sendable, CustomTestStringConvertible {
  var name: String
  var op: any Operator
  /// nil is an absent optional input. Integers and Booleans are constants of the graph, everything else is fed.
  var inputs: [NDArray?]
  var outputs = 1
  /// What the outputs must be, from arithmetic that does not use the kernels.
  var expected: [NDArray]?
  /// Inputs whose gradient is compared with finite differences.
  var wanted: [Int] = []
  /// How many leading outputs have a gradient; nil means all.
  var seeded: Int?
  /// Opsets of the forms that can spell this operator; nil means all of its type's.
  var forms: [Int]?
  /// Relative to the largest expected magnitude.
  var tolerance: Float = 1e-5

  var testDescription: String { name }

  /// A graph of this one node. `body` may add to it, and names the outputs.
  func graph(_ body: (GraphBuilder, [Tensor?], [Tensor]) -> Void) throws -> Graph {
    try Graph.build(name) { b in
      let tensors: [Tensor?] = inputs.enumerated().map { index, array in
        guard let array else { return nil }
        return array.scalar.isFloat ? b.input("x\(index)", array.scalar, Shape(array.sizes)) : b.constant(array)
      }
      body(b, tensors, b.apply(op, tensors, outputs: outputs))
    }
  }

  /// The graph whose outputs are the operator's.
  var forward: Graph {
    get throws {
      try graph { b, _, results in
        for (index, result) in results.enumerated() { b.output("y\(index)", result) }
      }
    }
  }

  /// The numbers of the graph's inputs, in order.
  var fed: [NDArray] { inputs.compactMap { $0 }.filter(\.scalar.isFloat) }

  /// Every case of every operator.
  static let all: [OperatorCase] = [
    structural, neural, foreign, choosing, resampling, pointwise, composites, quantized,
  ].flatMap {
    $0
  }

  /// The operators that must have a case.
  static let operators: [any Operator.Type] = Catalogue.standard.operators
}
