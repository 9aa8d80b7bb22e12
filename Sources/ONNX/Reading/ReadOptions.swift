import Tensors

/// What a reader does with a graph file.
public struct ReadOptions: Sendable {
  /// Reads the training information too. Without it, only the inference graph is read and checked.
  public var readsTraining = true
  /// A directory whose files may be read as external data by way of symbolic links, as in Hugging Face's cache. Without
  /// one, links are refused.
  public var trustedRoot: String?
  /// Numbers of inputs, which are taken as if the file held initializers of these names: for inputs that decide shapes or
  /// give operators their attributes.
  public var given: [String: NDArray] = [:]
  /// Nodes that a model may have once its functions are inlined and its loops unrolled.
  public var nodeBudget = 250_000

  public init() {}
}
