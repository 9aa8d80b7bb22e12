#if canImport(Glibc)
  import Glibc
#endif

/// Adds up times by node and kernel. Used on the executor's thread only.
final class ProfileRecorder {
  private struct Key: Hashable {
    var node: String
    var kernel: String
  }

  var runs = 0
  private var entries: [Key: Profile.Entry] = [:]

  /// Nanoseconds of the monotonic clock.
  static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  func add(_ step: Program.Step, nanoseconds: Int) {
    let kernel = step.kernel
    add(
      kernel.name, at: step.name, operatorName: step.operatorName, nanoseconds: nanoseconds, flops: kernel.flops,
      bytes: kernel.bytes)
  }

  func add(
    _ kernel: String, at node: String, operatorName: String = "", nanoseconds: Int, flops: Int = 0, bytes: Int = 0
  ) {
    let none = Profile.Entry(
      node: node, operatorName: operatorName, kernel: kernel, calls: 0, milliseconds: 0, flops: 0, bytes: 0)
    let key = Key(node: node, kernel: kernel)
    var entry = entries[key] ?? none
    entry.calls += 1
    entry.milliseconds += Double(nanoseconds) / 1e6
    entry.flops = entry.flops.addingSaturating(flops)
    entry.bytes = entry.bytes.addingSaturating(bytes)
    entries[key] = entry
  }

  var profile: Profile {
    Profile(
      runs: runs, nodes: entries.values.sorted { ($1.milliseconds, $0.node) < ($0.milliseconds, $1.node) })
  }
}

extension Int {
  func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
