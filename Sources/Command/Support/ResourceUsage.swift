import Foundation

/// What this process has used so far.
enum ResourceUsage {
  /// Bytes of memory that the process held at its peak (`ru_maxrss`).
  static var peakBytes: Int {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_maxrss * 1024
  }
}
