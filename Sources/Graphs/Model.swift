import Tensors

/// What a graph file holds: the inference graph, what trains it, and words about both.
public struct Model: Sendable {
  public var graph: Graph
  public var training: TrainingInfo?
  /// `metadata_props`, in order.
  public var metadata: [(key: String, value: String)]
  public var documentation = ""
  /// The program that wrote the file, and its version; empty for a model that comes from none.
  public var producer = (name: "", version: "")
  /// Operator sets that the file imports besides the standard one and our own.
  public var imports: [(domain: String, version: Int)] = []

  public init(graph: Graph, training: TrainingInfo? = nil, metadata: [(key: String, value: String)] = []) {
    self.graph = graph
    self.training = training
    self.metadata = metadata
  }

  /// The value of a metadata key.
  public subscript(key: String) -> String? {
    get { metadata.first { $0.key == key }?.value }
    set {
      if let index = metadata.firstIndex(where: { $0.key == key }) {
        if let newValue { metadata[index].value = newValue } else { metadata.remove(at: index) }
      } else if let newValue {
        metadata.append((key, newValue))
      }
    }
  }
}

/// ONNX's `TrainingInfoProto`, joined with the graph that it trains.
public struct TrainingInfo: Sendable {
  /// The inference graph followed by the algorithm: its first nodes are `Model.graph`'s, by name and order, its constants
  /// include all of `Model.graph`'s, its outputs are the algorithm's (the loss first) and its updates the update bindings.
  public var step: Graph
  /// Draws parameters and zeroes the optimiser's state; no inputs. Output names are the values of `bindings`.
  public var initialization: Graph?
  /// State ← output of `initialization`.
  public var bindings: [(state: String, output: String)]

  public init(step: Graph, initialization: Graph? = nil, bindings: [(state: String, output: String)] = []) {
    self.step = step
    self.initialization = initialization
    self.bindings = bindings
  }
}
