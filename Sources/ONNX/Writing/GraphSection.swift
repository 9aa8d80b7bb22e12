import Graphs

/// The part of a `Graph` that becomes one GraphProto.
struct GraphSection {
  var name: String
  var nodes: [Node] = []
  var inputs: [ValueID] = []
  var constants: [ValueID] = []
  var outputs: [Graph.Output] = []

  /// The constants in the order in which nodes read them; those that none reads come last.
  var constantsByUse: [ValueID] {
    let own = Set(constants)
    var seen: Set<ValueID> = []
    let read = nodes.flatMap { $0.inputs.compactMap { $0 } } + outputs.map(\.value) + constants
    return read.filter { own.contains($0) && seen.insert($0).inserted }
  }
}
