import Graphs

extension Session {
  public struct Options: Sendable {
    /// The most threads that kernels run on.
    public var threads: Int
    /// Sets the size of the OpenMP team of the thread that calls it: of the session's own before anything else, to
    /// `threads`, and of helpers that lay out weights, to 1.
    public var prepareThread: @Sendable (Int) -> Void
    /// Programs kept; the least recently used goes first.
    public var maximumPrograms: Int
    /// The least bytes of constants with which the first run leaves weights as they lie where it can, so that a process that
    /// runs once need not lay them out. The next run does. Results are the same.
    public var leastDeferredByteCount = 64 << 20
    /// Rewrites a graph whose symbols have just become numbers. Names of inputs, outputs and states must stay.
    public var specialise: (@Sendable (Graph) throws -> Graph)?
    /// Names of further initializers that `setState` may change, as a learning rate. Kernels do not take their numbers
    /// for fixed.
    public var variables: Set<String>

    public init(
      threads: Int = 1, prepareThread: @escaping @Sendable (Int) -> Void = { _ in }, maximumPrograms: Int = 16,
      specialise: (@Sendable (Graph) throws -> Graph)? = nil, variables: Set<String> = []
    ) {
      self.threads = max(threads, 1)
      self.prepareThread = prepareThread
      self.maximumPrograms = max(maximumPrograms, 1)
      self.specialise = specialise
      self.variables = variables
    }
  }

  /// What a session holds, in bytes.
  public struct Memory: Hashable, Sendable {
    /// The arena as it is now; it grows to the largest program.
    public let arenaByteCount: Int
    /// Initializers that no run changes, mapped files included.
    public let constantByteCount: Int
    /// States that have memory of their own.
    public let stateByteCount: Int
    public let programCount: Int
  }
}
