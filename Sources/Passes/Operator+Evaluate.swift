import Graphs
import Operators
import Tensors

extension Operator {
  /// Runs the operator's kernel once, from the caller's thread and with its threads.
  ///
  /// - Parameters:
  ///   - limit: the most bytes of one result.
  ///   - budget: pays for the results and the work; nil where that is bounded otherwise.
  /// - Throws: `ShapeError` for sizes or types without a kernel, results that are too large, and data that the kernel refuses.
  func evaluated(
    on inputs: [NDArray?], outputs: [Value?], limit: Int = FoldConstants.largest, budget: EvaluationBudget? = nil
  ) throws(ShapeError) -> [NDArray] {
    try evaluated(on: inputs, outputs: outputs, limit: limit, threads: Threads.count, budget: budget)
  }
}
