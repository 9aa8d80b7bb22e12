import Tensors

/// What computing constants ahead of a run may cost: a small file can ask for any amount of it.
public final class EvaluationBudget {
  /// Bytes of results that may still be made.
  public private(set) var bytes: Int
  /// Floating-point operations, and bytes read and written, that may still be spent.
  public private(set) var work: Int

  public init(bytes: Int, work: Int) { (self.bytes, self.work) = (bytes, work) }

  /// - Throws: `ShapeError` where less is left; nothing is spent then.
  func spend(bytes: Int) throws(ShapeError) {
    try require(bytes <= self.bytes, "results of \(bytes) bytes go beyond what may be computed ahead of a run")
    self.bytes -= bytes
  }

  /// - Throws: `ShapeError` where less is left; nothing is spent then.
  func spend(work: Int) throws(ShapeError) {
    try require(work <= self.work, "\(work) operations go beyond what may be computed ahead of a run")
    self.work -= work
  }
}
