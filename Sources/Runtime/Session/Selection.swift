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
    do { selected = try graph.selecting(outputs: names, updates: request.updates) } catch { throw RuntimeError(error) }
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
