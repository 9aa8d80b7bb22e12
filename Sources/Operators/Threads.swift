import CKernels
import Tensors

/// The kernels' threads.
public enum Threads {
  /// Sets how many OpenMP threads kernels use that are called from this thread.
  public static func use(_ count: Int) { ck_set_threads(Int32(clamping: count)) }

  /// How many threads kernels use that are called from this thread.
  public static var count: Int { Int(ck_threads()) }

  /// The most floating-point operations a second, in 10⁹, that multiply-adds in registers reach on `count` threads: the
  /// best of several short bursts.
  public static func multiplyAddLimit(on count: Int) -> Double {
    best(of: 12, on: count) { Double(ck_multiply_add_probe(1 << 19)) }
  }

  /// The bytes a second, in 10⁹, that `count` threads read from memory, of an array larger than caches are.
  public static func readLimit(on count: Int) -> Double {
    let memory = Storage(byteCount: 256 << 20)
    let elements = memory.count / MemoryLayout<Float>.size
    return best(of: 4, on: count) {
      _ = ck_read_probe(memory.base.assumingMemoryBound(to: Float.self), Int64(elements))
      return Double(memory.count)
    }
  }

  /// The highest rate, in 10⁹ a second, at which `work` did what it says that it did.
  private static func best(of bursts: Int, on count: Int, _ work: () -> Double) -> Double {
    let before = self.count
    defer { use(before) }
    use(count)
    var best = 0.0
    for _ in 0..<bursts {
      var amount = 0.0
      let (seconds, attoseconds) = ContinuousClock().measure { amount = work() }.components
      best = max(best, amount / (Double(seconds) * 1e9 + Double(attoseconds) * 1e-9))
    }
    return best
  }
}
