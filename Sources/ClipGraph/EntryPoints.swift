import CLIPModel
import Graphs
import Passes
import Tensors

/// How a graph is entered as a CLIP: which inputs take pictures and captions, and which outputs hold their features.
///
/// Inputs are known by type and name; which output belongs to which of them, the graph itself says. Where a file gives logits
/// alone, the two factors of their product are the features.
public struct EntryPoints: Sendable {
  /// One tower's way through the graph.
  public struct Entry: Hashable, Sendable {
    public let input: String
    public let inputType: TensorType
    public let output: String
    /// [items, E]
    public let outputType: TensorType

    /// Items in one run, where the graph is made for a number of them.
    public var batch: Int? { inputType.shape[0].constant }

    /// Whether pictures are [batch, height, width, 3] rather than [batch, 3, height, width].
    public var hasChannelsLast: Bool { inputType.hasChannelsLast }
  }

  /// An input that accompanies captions.
  public struct Companion: Hashable, Sendable {
    public enum Role: Hashable, Sendable {
      /// 1 for tokens, end of text included, 0 for padding.
      case mask
      /// 0, 1, 2, …
      case positions
      /// Zeros.
      case segments
    }
    public let role: Role
    public let name: String
    public let type: TensorType
  }

  /// The graph, with outputs added for features that were inner values.
  public internal(set) var graph: Graph
  /// nil where the graph takes no pictures, or gives nothing that belongs to them alone.
  public internal(set) var image: Entry?
  public internal(set) var text: Entry?
  public internal(set) var companions: [Companion] = []
  /// Which token's features are read of a caption, where nothing behind it is; nil where captions must be whole.
  public internal(set) var pooling: CLIPConfiguration.TextPooling?
  /// Logits of all pictures and captions [images, texts].
  public internal(set) var logits: String?
  public internal(set) var assumptions: [Assumption] = []
  /// Whether the image's output is what its projection is given.
  public internal(set) var isBeforeProjection = false
  private let inputs: InputRoles

  /// - Parameter graph: as read from a file.
  public init(_ graph: Graph) {
    self.graph = graph
    let inputs = InputRoles(graph)
    self.inputs = inputs
    companions = inputs.companions.map { Companion(role: $0.role, name: graph[$0.id].name, type: graph[$0.id].type) }
    let dependence = graph.inputDependence(graph.nodes.indices)
    let outputs = OutputRoles(graph, inputs, dependence)
    logits = outputs.logits?.name
    var found = (image: outputs.image, text: outputs.text)
    if found.image == nil && found.text == nil, outputs.hasJoint,
      let factors = JointProduct(graph, inputs, dependence), let extended = factors.graphWithOutputs
    {
      self.graph = extended.graph
      found = (extended.image, extended.text)
      assumptions.append(
        Assumption(
          "features", "the two factors of \(factors.product)",
          from: "the file gives \(outputs.joint.joined(separator: ", "))"))
    }
    image = entry(inputs.image, found.image)
    text = entry(inputs.text, found.text)
    assumptions += outputs.assumptions.filter { assumption in
      [image?.output, text?.output].contains(assumption.value)
    }
  }

  /// The input that takes captions, whatever becomes of them.
  var captions: ValueID? { inputs.text }

  /// The way through a tower to an output of the caller's choice, or to its features.
  public func entry(_ tower: Tower, output name: String? = nil) -> Entry? {
    guard let name else { return tower == .image ? image : text }
    return entry(tower == .image ? inputs.image : inputs.text, graph.outputs.first { $0.name == name })
  }

  /// The points of one tower alone, with this way through it.
  public func keeping(_ tower: Tower, _ entry: Entry) -> EntryPoints {
    var result = self
    (result.image, result.text) = tower == .image ? (entry, nil) : (nil, entry)
    if let graph = try? graph.selecting(outputs: [entry.output], updates: false) { result.graph = graph }
    return result
  }

  private func entry(_ input: ValueID?, _ output: Graph.Output?) -> Entry? {
    guard let input, let output else { return nil }
    return Entry(
      input: graph[input].name, inputType: graph[input].type, output: output.name,
      outputType: graph[output.value].type)
  }
}
