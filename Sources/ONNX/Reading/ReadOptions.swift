import Tensors

/// What a reader does with a graph file.
public struct ReadOptions: Sendable {
  /// Reads the training information too. Without it, only the inference graph is read and checked.
  public var readsTraining = true
  /// Follows symbolic links to external data: only for directories that nobody else writes to.
  public var followsLinks = false
  /// Numbers of inputs, which are taken as if the file held initializers of these names: for inputs that decide shapes or
  /// give operators their attributes.
  public var given: [String: NDArray] = [:]
  /// Nodes that a model may have once its functions are inlined.
  public var nodeBudget = 1_000_000

  public init() {}
}
