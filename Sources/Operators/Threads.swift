import CKernels

/// The kernels' threads.
public enum Threads {
  /// Sets how many OpenMP threads kernels use that are called from this thread.
  public static func use(_ count: Int) { ck_set_threads(Int32(clamping: count)) }

  /// How many threads kernels use that are called from this thread.
  public static var count: Int { Int(ck_threads()) }
}
