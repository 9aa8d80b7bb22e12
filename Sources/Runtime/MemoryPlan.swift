/// Which bytes of the arena belong to whom, and when.
///
/// Time is counted in positions of `Program.steps`; what lives until the end of the run has `last == steps.count`. Values
/// that share memory (views, results written over an operand) are one interval, named after the first of them.
public struct MemoryPlan: Sendable {
  public struct Interval: Hashable, Sendable {
    public let name: String
    /// Bytes, rounded up to the arena's alignment.
    public let byteCount: Int
    /// The step that writes it first.
    public let first: Int
    /// The last step that touches it.
    public let last: Int
    /// Bytes from the arena's start.
    public let offset: Int
  }

  /// Every block starts on a multiple of this many bytes.
  public static let alignment = 64

  /// Ordered by `first`.
  public let intervals: [Interval]
  /// Size of the arena.
  public let arenaByteCount: Int
  /// What the arena would need if nothing shared memory: all values that steps make, and all scratch.
  public let tensorByteCount: Int
  /// The largest set of bytes alive at one step: no plan of this schedule is smaller.
  public let lowerBound: Int
  /// Bytes of the constants that the program reads; they are not copied.
  public let constantByteCount: Int
  /// Bytes of the states that the program reads or writes.
  public let stateByteCount: Int
  /// Bytes that callers give for inputs and outputs.
  public let portByteCount: Int

  /// Intervals alive at a step, largest first.
  public func alive(at step: Int) -> [Interval] {
    intervals.filter { $0.first <= step && step <= $0.last }.sorted { $0.byteCount > $1.byteCount }
  }

  /// Bytes alive at each step.
  public var profile: [Int] {
    var change = [Int](repeating: 0, count: (intervals.map(\.last).max() ?? -1) + 2)
    for interval in intervals {
      change[interval.first] += interval.byteCount
      change[interval.last + 1] -= interval.byteCount
    }
    var alive = 0
    return change.dropLast().map { delta in
      alive += delta
      return alive
    }
  }

  static func aligned(_ bytes: Int) -> Int { (bytes + alignment - 1) / alignment * alignment }
}
