import Graphs
import Runtime
import Synchronization
import Tensors

/// Sessions of one graph in which callers have given other numbers for some of its defaults.
final class EngineVariants: Sendable {
  /// Which defaults are inputs, and the numbers of those that decide shapes.
  private struct Key: Hashable {
    var names: Set<String>
    var deciding: [String: NDArray]
  }

  /// Variants that are kept at once.
  private static let limit = 8

  private let graph: Graph
  private let make: @Sendable (Graph) throws(ClipGraphError) -> Session
  private let known = Mutex<[Key: Session]>([:])

  init(_ graph: Graph, _ make: @escaping @Sendable (Graph) throws(ClipGraphError) -> Session) {
    (self.graph, self.make) = (graph, make)
  }

  func session(for graph: Graph) throws(ClipGraphError) -> Session { try make(graph) }

  /// The session for these inputs, and those among them that it takes.
  func session(
    with inputs: [String: NDArray], otherwise plain: Session
  ) throws(ClipGraphError) -> (Session, [String: NDArray]) {
    let names = graph.defaults.intersection(inputs.keys)
    if names.isEmpty { return (plain, inputs) }
    let decide = graph.defaultsThatDecide(names)
    let key = Key(names: names, deciding: inputs.filter { decide.contains($0.key) })
    let rest = inputs.filter { !decide.contains($0.key) }
    if let session = known.withLock({ $0[key] }) { return (session, rest) }
    let variant = try explaining { try graph.overriding(inputs.filter { names.contains($0.key) }) }
    let session = try make(variant)
    known.withLock { sessions in
      if sessions.count >= EngineVariants.limit { sessions = [:] }
      sessions[key] = session
    }
    return (session, rest)
  }
}
