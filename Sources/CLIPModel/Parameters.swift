import Graphs
import Tensors

/// A place in the tree of parameters. Names are checkpoint paths: `p["mlp"]["c_fc"]("weight", …)` is the initializer
/// `….mlp.c_fc.weight`, as in OpenAI's and open_clip's state_dict.
///
/// Asking for a parameter twice gives the same one; asking with another shape is a diagnostic.
public struct Parameters {
  /// Numbers for a parameter of this name and shape; nil where there are none.
  public typealias Source = (_ name: String, _ sizes: [Int]) -> NDArray?

  private final class Table {
    var made: [String: Tensor] = [:]
    var order: [String] = []
  }

  public let builder: GraphBuilder
  public let path: String
  /// Whether batch normalisation takes the statistics of the batch, and moves the running ones.
  public let isTraining: Bool
  private let source: Source
  private let table: Table

  public init(_ builder: GraphBuilder, source: @escaping Source) {
    (self.builder, self.source, path, table, isTraining) = (builder, source, "", Table(), false)
  }

  /// The parameters of the graph that `builder` extends, for the model's form in training. Its nodes lie below `training/`.
  init(training builder: GraphBuilder) {
    (self.builder, path, table, isTraining) = (builder, "", Table(), true)
    source = { _, _ in nil }
    for (id, _) in builder.graph.constants { table.made[builder.graph[id].name] = Tensor(builder, id) }
  }

  private init(_ parent: Parameters, path: String) {
    (builder, source, table, isTraining) = (parent.builder, parent.source, parent.table, parent.isTraining)
    self.path = path
  }

  public subscript(component: String) -> Parameters {
    Parameters(self, path: path.isEmpty ? component : path + "." + component)
  }

  /// The parameter `name` at this place.
  public func callAsFunction(_ name: String, _ sizes: [Int]) -> Tensor {
    let full = path.isEmpty ? name : path + "." + name
    if let known = table.made[full] {
      if known.shape.sizes != sizes {
        builder.record(.shape, at: full, "is asked for as \(Shape(sizes)), but is \(known.shape)")
      }
      return known
    }
    guard let array = source(full, sizes) else {
      builder.record(.unknownName, at: full, "is missing: the model needs it as \(Shape(sizes))")
      return Tensor(builder, nil)
    }
    if array.sizes != sizes || !array.scalar.isFloat {
      builder.record(.shape, at: full, "is \(array.type), but the model needs f32\(Shape(sizes))")
      return Tensor(builder, nil)
    }
    // The file keeps half-precision weights as they are; the model computes in single precision.
    let stored = builder.parameter(full, array)
    let tensor = array.scalar == .float32 ? stored : builder.scoped(full) { stored.cast(to: .float32) }
    table.made[full] = tensor
    table.order.append(full)
    return tensor
  }

  /// A count that training moves: an int64 scalar, 0 where the source has none.
  func counter(_ name: String) -> Tensor {
    let full = path.isEmpty ? name : path + "." + name
    if let known = table.made[full] { return known }
    let array = source(full, []) ?? NDArray(Int64(0))
    if !array.sizes.isEmpty || array.scalar != .int64 {
      builder.record(.shape, at: full, "is \(array.type), but the model needs i64[]")
    }
    let tensor = builder.state(full, array)
    table.made[full] = tensor
    return tensor
  }

  /// All parameters, in single precision, in the order in which the model asked for them.
  public var all: [(name: String, tensor: Tensor)] {
    table.order.compactMap { name in table.made[name].map { (name, $0) } }
  }

  /// The module path for node names: dots become slashes, except before a number (`resblocks.0`).
  var modulePath: [String] {
    var components: [String] = isTraining ? ["training"] : []
    for part in path.split(separator: ".").map(String.init) {
      if let last = components.last, Int(part) != nil {
        components[components.count - 1] = last + "." + part
      } else {
        components.append(part)
      }
    }
    return components
  }

  /// Runs `body` with nodes named below this place.
  func named<R>(_ body: () -> R) -> R { builder.within(modulePath, body) }
}
