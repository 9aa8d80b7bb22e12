import Graphs

/// The part of a session's graph that a request needs, before symbols are bound.
struct Selection {
  let graph: Graph
  /// Inputs that some node or output of the selection reads.
  let required: [ValueID]
  /// Names of integer inputs whose numbers decide shapes, as far as met.
  var deciding: Set<String> = []

  init(_ graph: Graph, _ request: Request, changing: Set<String>) throws(RuntimeError) {
    var names: [String] = []
    for name in request.outputs ?? graph.outputs.map(\.name) where !names.contains(name) { names.append(name) }
    var selected: Graph
    var source = graph
    if case .only(let wanted) = request.updates {
      source.updates = graph.updates.filter { wanted.contains(graph[$0.state].name) }
      if let missing = wanted.subtracting(source.updates.map { graph[$0.state].name }).min() {
        throw RuntimeError(.unknownName, at: missing, "is not a state that the graph updates")
      }
    }
    do {
      selected = try source.selecting(outputs: names, updates: request.updates != .none)
    } catch { throw RuntimeError(error) }
    // What may change is never a known number: a state that this request does not update is updated by itself.
    let updated = selected.states
    for id in selected.constants.keys.sorted() where changing.contains(selected[id].name) {
      selected[id].contents = nil
      if !updated.contains(id) { selected.updates.append(Graph.Update(state: id, value: id)) }
    }
    var read = Set(selected.roots)
    for node in selected.nodes {
      for case let input? in node.inputs { read.insert(input) }
    }
    required = selected.inputs.filter { read.contains($0) }
    self.graph = selected
  }
}
