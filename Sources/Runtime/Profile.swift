/// Where the time of runs went.
public struct Profile: Sendable {
  public struct Entry: Hashable, Sendable {
    /// Name of the node.
    public let node: String
    public let operatorName: String
    /// Name of the kernel; `check` and `copy` stand for the runtime's own work.
    public let kernel: String
    public var calls: Int
    public var milliseconds: Double
    /// Over all calls.
    public var flops: Int
    public var bytes: Int

    /// 10⁹ floating-point operations a second.
    public var gigaflopsPerSecond: Double { milliseconds > 0 ? Double(flops) / milliseconds / 1e6 : 0 }
    /// 10⁹ bytes a second.
    public var gigabytesPerSecond: Double { milliseconds > 0 ? Double(bytes) / milliseconds / 1e6 : 0 }
  }

  /// Complete runs.
  public let runs: Int
  /// One entry a node and kernel, slowest first.
  public let nodes: [Entry]

  /// One entry a kernel, slowest first; `node` is empty.
  public var kernels: [Entry] {
    var sums: [String: Entry] = [:]
    for entry in nodes {
      let none = Entry(
        node: "", operatorName: entry.operatorName, kernel: entry.kernel, calls: 0, milliseconds: 0, flops: 0, bytes: 0)
      var sum = sums[entry.kernel] ?? none
      sum.calls += entry.calls
      sum.milliseconds += entry.milliseconds
      sum.flops += entry.flops
      sum.bytes += entry.bytes
      sums[entry.kernel] = sum
    }
    return sums.values.sorted { ($1.milliseconds, $0.kernel) < ($0.milliseconds, $1.kernel) }
  }

  public var milliseconds: Double { nodes.reduce(0) { $0 + $1.milliseconds } }
}
